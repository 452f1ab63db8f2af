import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Dockerode from "dockerode";
import { publish } from "../container/ports";
import type { Names } from "../names";
import type { WorkspaceSpec } from "../spec";
import { gatewayImage, publicRules } from "./gateway-image";

/**
 * Creates and starts the gateway of a public workspace: a container that publishes the ports and blocks outbound
 * traffic to addresses that are not public. The workspace shares its network, without the right to change the rules.
 */
export async function startPublicGateway(docker: Dockerode, names: Names, spec: WorkspaceSpec): Promise<void> {
  const container = await docker.createContainer({
    name: names.gateway(spec.id),
    Image: gatewayImage,
    Hostname: "workspace",
    User: "0:0",
    Entrypoint: ["/bin/bash", "-c", "trap 'exit 0' TERM INT; sleep infinity & wait"],
    Labels: names.labels("gateway", spec.id),
    Healthcheck: { Test: ["NONE"] },
    ExposedPorts: publish(spec.access).exposed,
    HostConfig: {
      NetworkMode: names.network(spec.id),
      PortBindings: publish(spec.access).bindings,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      CapAdd: ["NET_ADMIN"],
      SecurityOpt: ["no-new-privileges"],
      PidsLimit: 64,
    },
  });
  await container.start();
  await closePrivateAddresses(container);
}

/** Loads the rules after every start of the gateway. The workspace must not start without them. */
export async function closePrivateAddresses(gateway: Dockerode.Container): Promise<void> {
  const exec = await gateway.exec({ Cmd: ["nft", "-f", publicRules], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const output = new PassThrough();
  gateway.modem.demuxStream(stream, output, output);
  stream.on("end", () => output.end());
  const said = (await text(output)).trim();
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) {
    throw new Error(
      "The rules that keep a public workspace from private addresses could not be set. " +
        `${said === "" ? `nft ended with ${ExitCode}` : `nft says: ${said}`}. The machine that runs Docker needs nf_tables ` +
        "in its kernel. --allow-private does without these rules.",
    );
  }
}
