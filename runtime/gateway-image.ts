import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { z } from "zod";
import { dockerWords, ifThere } from "./docker-error";
import { LABEL } from "./names";
import { tarOf } from "./tar";

/** Where the gateway finds the configuration of its proxy. */
export const SQUID_CONF = "/etc/workspace-gateway/squid.conf";

/** Everything runs as squid's own user; the ports are above 1024, so no privilege is needed. */
const DOCKERFILE = `FROM debian:bookworm-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends squid socat \\
 && rm -rf /var/lib/apt/lists/*
COPY --chown=root:root gateway.sh /usr/local/bin/gateway.sh
RUN chmod 0755 /usr/local/bin/gateway.sh && mkdir -p /etc/workspace-gateway
USER proxy
ENTRYPOINT ["/usr/local/bin/gateway.sh"]
`;

/**
 * Each service is started again when it ends, here rather than by Docker: a restarted container would get other ports.
 * FORWARD lists the ports that lead inward.
 */
const SCRIPT = `#!/bin/bash
trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM INT

keep() {
  while true; do
    "$@"
    sleep 1
  done
}

rm -f /tmp/squid.pid
keep squid -N -f ${SQUID_CONF} &
for port in $FORWARD; do
  keep socat "TCP-LISTEN:$port,fork,reuseaddr" "TCP:workspace:$port" &
done
wait
`;

/** Tag of the gateway's image: it changes with its content, so that a new version never runs an old image. */
export const GATEWAY_IMAGE = `pulumi-ica/gateway:${createHash("sha256")
  .update(DOCKERFILE)
  .update(SCRIPT)
  .digest("hex")
  .slice(0, 12)}`;

const progress = z.object({ error: z.string().optional(), stream: z.string().optional() });

let building: Promise<void> | undefined;

/** Builds the gateway's image unless it is there. It needs `debian:bookworm-slim` and Debian's package servers, once. */
export async function ensureGatewayImage(docker: Dockerode, log: (line: string) => void): Promise<void> {
  if ((await ifThere(docker.getImage(GATEWAY_IMAGE).inspect())) !== undefined) {
    return;
  }
  building ??= build(docker, log).finally(() => {
    building = undefined;
  });
  await building;
}

/** Removes the gateway's image; false when it is still in use. */
export async function removeGatewayImage(docker: Dockerode): Promise<boolean> {
  const image = docker.getImage(GATEWAY_IMAGE);
  if ((await ifThere(image.inspect())) === undefined) {
    return true;
  }
  return (await ifThere(image.remove(), 409)) !== undefined;
}

async function build(docker: Dockerode, log: (line: string) => void): Promise<void> {
  log("Building the gateway for restricted networks (once on this machine) ...");
  const context = await tarOf([
    { name: "Dockerfile", mode: 0o644, content: DOCKERFILE },
    { name: "gateway.sh", mode: 0o755, content: SCRIPT },
  ]);
  const output: string[] = [];
  try {
    const stream = await docker.buildImage(Readable.from(context), {
      t: GATEWAY_IMAGE,
      labels: { [LABEL]: "gateway-image" },
      rm: true,
      forcerm: true,
    });
    await new Promise<void>((resolve, reject) => {
      let failure: string | undefined;
      docker.modem.followProgress(
        stream,
        (error: Error | null) =>
          error ? reject(error) : failure === undefined ? resolve() : reject(new Error(failure)),
        (event: unknown) => {
          const { stream: text, error } = progress.catch({}).parse(event);
          // the engine's answer is a success in any case; how the build went is in its text
          failure ??= error;
          output.push(text ?? error ?? "");
        },
      );
    });
  } catch (cause) {
    const tail = output.join("").trim().split("\n").slice(-5).join("\n");
    throw new Error(
      `The gateway for restricted networks could not be built: ${dockerWords(cause)}\n${tail}\n` +
        "It needs the image debian:bookworm-slim and Debian's package servers. Get both, or use network mode PUBLIC.",
      { cause },
    );
  }
}
