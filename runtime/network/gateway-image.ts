import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { z } from "zod";
import { dockerLabel } from "../bench-facts";
import { dockerWords, ifThere } from "../docker/docker-error";
import { tarOf } from "../docker/tar";

/** Path of the proxy configuration in the gateway. */
export const squidConfPath = "/etc/workspace-gateway/squid.conf";

/** Path of a public workspace's rules. */
export const publicRules = "/etc/workspace-gateway/public.nft";

/**
 * The addresses that a public workspace must not reach: those that are not public by IANA's registries of
 * special-purpose addresses (RFC 6890), including Docker's networks, this machine on them, and a cloud's metadata
 * service. Responses to clients that connect from there may leave, because the published ports need it. Docker's engine
 * (user 0; the workspace is user 1000) queries its name servers from here.
 */
const rules = `add table inet workspace
delete table inet workspace
table inet workspace {
  chain output {
    type filter hook output priority 0; policy accept;
    oifname "lo" accept
    ct state established,related accept
    meta skuid 0 meta l4proto { tcp, udp } th dport 53 accept
    ip daddr {
      0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.0.2.0/24,
      192.88.99.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4
    } reject with icmpx type admin-prohibited
    ip6 nexthdr icmpv6 accept
    ip6 daddr != 2000::/3 reject with icmpx type admin-prohibited
    ip6 daddr { 2001:db8::/32, 2002::/16 } reject with icmpx type admin-prohibited
  }
}
`;

/** The proxy runs as squid's own user. Its ports are above 1024, so it needs no privilege. */
const dockerfile = `FROM debian:bookworm-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends squid socat nftables \\
 && rm -rf /var/lib/apt/lists/*
COPY --chown=root:root gateway.sh /usr/local/bin/gateway.sh
COPY --chown=root:root public.nft ${publicRules}
RUN chmod 0755 /usr/local/bin/gateway.sh
USER proxy
ENTRYPOINT ["/usr/local/bin/gateway.sh"]
`;

/**
 * The script restarts each service that ends. If Docker restarted the container instead, its ports would change.
 * FORWARD lists the inward ports.
 */
const script = `#!/bin/bash
trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM INT

keep() {
  while true; do
    "$@"
    sleep 1
  done
}

rm -f /tmp/squid.pid
keep squid -N -f ${squidConfPath} &
for port in $FORWARD; do
  keep socat "TCP-LISTEN:$port,fork,reuseaddr" "TCP:workspace:$port" &
done
wait
`;

/** Tag of the gateway's image. It changes with the content, so that a new version never runs an old image. */
export const gatewayImage = `pulumi-ica/gateway:${createHash("sha256")
  .update(dockerfile)
  .update(script)
  .update(rules)
  .digest("hex")
  .slice(0, 12)}`;

const progress = z.object({ error: z.string().optional(), stream: z.string().optional() });

let building: Promise<void> | undefined;

/** Builds the gateway's image unless it exists. Needs `debian:bookworm-slim` and Debian's package servers, once. */
export async function ensureGatewayImage(docker: Dockerode, log: (line: string) => void): Promise<void> {
  if ((await ifThere(docker.getImage(gatewayImage).inspect())) !== undefined) {
    return;
  }
  building ??= build(docker, log).finally(() => {
    building = undefined;
  });
  await building;
}

/** Removes the gateway's image; false when a container still uses it. */
export async function removeGatewayImage(docker: Dockerode): Promise<boolean> {
  const image = docker.getImage(gatewayImage);
  if ((await ifThere(image.inspect())) === undefined) {
    return true;
  }
  return (await ifThere(image.remove(), 409)) !== undefined;
}

async function build(docker: Dockerode, log: (line: string) => void): Promise<void> {
  log("Building the gateway for networks of workspaces (once on this machine) ...");
  const context = await tarOf([
    { name: "Dockerfile", mode: 0o644, content: dockerfile },
    { name: "gateway.sh", mode: 0o755, content: script },
    { name: "public.nft", mode: 0o644, content: rules },
  ]);
  const output: string[] = [];
  try {
    const stream = await docker.buildImage(Readable.from(context), {
      t: gatewayImage,
      labels: { [dockerLabel]: "gateway-image" },
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
          // The engine always responds with a success; the text reports how the build went.
          failure ??= error;
          output.push(text ?? error ?? "");
        },
      );
    });
  } catch (cause) {
    const tail = output.join("").trim().split("\n").slice(-5).join("\n");
    throw new Error(
      `The gateway for networks of workspaces could not be built: ${dockerWords(cause)}\n${tail}\n` +
        "It needs the image debian:bookworm-slim and Debian's package servers. Make both reachable. A public workspace does " +
        "without a gateway with --allow-private: it then reaches private addresses, too.",
      { cause },
    );
  }
}
