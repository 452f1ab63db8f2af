import type Dockerode from "dockerode";
import { dockerStatus, dockerWords, ifThere } from "../docker/docker-error";
import type { Names } from "../names";
import type { WorkspaceSpec } from "../spec";

/**
 * Creates the network of one workspace and returns its subnets. Public: a bridge of its own. Restricted: an internal
 * network without an address for the host, so that only the gateway can be reached.
 */
export async function createNetwork(docker: Dockerode, names: Names, spec: WorkspaceSpec): Promise<string[]> {
  const restricted = spec.network.mode === "RESTRICTED";
  const network = await create(docker, {
    Name: names.network(spec.id),
    Internal: restricted,
    Labels: names.labels("network", spec.id),
    ...(restricted ? { Options: { "com.docker.network.bridge.inhibit_ipv4": "true" } } : {}),
  });
  const { IPAM } = await network.inspect();
  return (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet]));
}

/** Creates the network that all gateways of an instance share, unless it exists. */
export async function ensureOutsideNetwork(docker: Dockerode, names: Names): Promise<void> {
  if ((await ifThere(docker.getNetwork(names.outside).inspect())) !== undefined) {
    return;
  }
  try {
    await create(docker, { Name: names.outside, Labels: names.labels("outside") });
  } catch (error) {
    // The start of another workspace was faster.
    if (dockerStatus(error) !== 409) {
      throw error;
    }
  }
}

/** Removes a network; first detaches all containers attached to it. */
export async function removeNetwork(docker: Dockerode, name: string): Promise<void> {
  const network = docker.getNetwork(name);
  const found = await ifThere(network.inspect());
  if (found === undefined) {
    return;
  }
  for (const container of Object.keys(found.Containers ?? {})) {
    await ifThere(network.disconnect({ Container: container, Force: true }));
  }
  await ifThere(network.remove());
}

async function create(docker: Dockerode, options: Dockerode.NetworkCreateOptions): Promise<Dockerode.Network> {
  try {
    return await docker.createNetwork({ Driver: "bridge", CheckDuplicate: true, EnableIPv6: false, ...options });
  } catch (cause) {
    if (dockerWords(cause).includes("non-overlapping IPv4 address pool")) {
      throw new Error(
        "Docker has no address range left for another network; each running workspace needs one. Stop some, remove " +
          "unused networks (docker network prune), or give Docker more (default-address-pools in its daemon.json).",
        { cause },
      );
    }
    throw cause;
  }
}
