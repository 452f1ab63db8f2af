import type Dockerode from "dockerode";
import { benchGid, benchUid, startScript } from "../bench-facts";
import type { Names } from "../names";
import { workspaceAlias } from "../network/gateway";
import type { Limits } from "../resource-models";
import type { WorkspaceSpec } from "../spec";
import { publish } from "./ports";
import { workspaceMounts } from "./volumes";

/**
 * Bench's rules as Docker options. The main process is the init script itself; the image's entrypoint, command, health
 * check and user have no effect.
 */
export function containerOptions(
  names: Names,
  spec: WorkspaceSpec,
  { temporaryBytes, ...limits }: Limits & { temporaryBytes: number },
): Dockerode.ContainerCreateOptions {
  const restricted = spec.network.mode === "RESTRICTED";
  // A public workspace shares the network of its gateway, which publishes the ports and has the host name.
  const shared = hasPublicGateway(spec);
  const published = restricted || shared ? undefined : publish(spec.access);
  return {
    name: names.container(spec.id),
    Image: spec.image,
    ...(shared ? {} : { Hostname: "workspace" }),
    User: `${benchUid}:${benchGid}`,
    Entrypoint: [startScript],
    Cmd: [],
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    Healthcheck: { Test: ["NONE"] },
    Labels: names.labels("workspace", spec.id),
    ...(published === undefined ? {} : { ExposedPorts: published.exposed }),
    HostConfig: {
      NetworkMode: shared ? `container:${names.gateway(spec.id)}` : names.network(spec.id),
      ...(published === undefined ? {} : { PortBindings: published.bindings }),
      // The proxy resolves outside names. Without this, Docker would resolve them for the workspace. A failed lookup
      // should be quick.
      ...(restricted ? { Dns: ["127.0.0.1"], DnsOptions: ["timeout:1", "attempts:1"] } : {}),
      ReadonlyRootfs: spec.writableRoot !== true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Mounts: workspaceMounts(names, spec),
      Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${temporaryBytes}` },
      PidsLimit: 4096,
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "2" } },
      ...limits,
    },
    ...(shared
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [names.network(spec.id)]: { Aliases: [workspaceAlias] } } } }),
  };
}

/** Whether a gateway provides a workspace's network and blocks private addresses. */
export function hasPublicGateway({ network }: WorkspaceSpec): boolean {
  return network.mode === "PUBLIC" && network.allowPrivate !== true;
}
