import type Dockerode from "dockerode";
import type { AllowedUrl } from "../allowed-url";
import { consolePort, webPort } from "../bench-facts";
import { publish } from "../container/ports";
import { tarOf } from "../docker/tar";
import type { Names } from "../names";
import type { WorkspaceSpec } from "../spec";
import { squidRules } from "./allow-list";
import { gatewayImage, squidConfPath } from "./gateway-image";

/** Names of gateway and workspace on their shared network. The first is in the address of the proxy. */
const proxyAlias = "proxy.workspace";
export const workspaceAlias = "workspace";

/**
 * Creates and starts the only neighbour of a restricted workspace: an outward proxy that allows the listed addresses
 * only, and an inward forwarder for the ports of `access`, published on 127.0.0.1 for the workspace.
 */
export async function startGateway(
  docker: Dockerode,
  names: Names,
  spec: WorkspaceSpec,
  allowed: readonly AllowedUrl[],
  subnets: readonly string[],
): Promise<void> {
  const container = await docker.createContainer({
    name: names.gateway(spec.id),
    Image: gatewayImage,
    Labels: names.labels("gateway", spec.id),
    Env: [`FORWARD=${forwardedPorts(spec.access).join(" ")}`],
    Healthcheck: { Test: ["NONE"] },
    ExposedPorts: publish(spec.access).exposed,
    HostConfig: {
      NetworkMode: names.outside,
      PortBindings: publish(spec.access).bindings,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,mode=1777", "/run": "rw,nosuid,nodev,noexec,mode=1777" },
      PidsLimit: 1024,
      // squid sizes its tables by the limit of open files, which some engines set to a billion.
      Ulimits: [{ Name: "nofile", Soft: 8192, Hard: 8192 }],
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "2" } },
    },
  });
  await container.putArchive(
    await tarOf([{ name: squidConfPath, mode: 0o644, content: squidConf(allowed, subnets) }]),
    {
      path: "/",
    },
  );
  await docker.getNetwork(names.network(spec.id)).connect({
    Container: container.id,
    EndpointConfig: { Aliases: [proxyAlias] },
  });
  await container.start();
}

function forwardedPorts(access: WorkspaceSpec["access"]): number[] {
  return [...(access.web ? [webPort] : []), ...(access.console ? [consolePort] : [])];
}

/**
 * A proxy that serves only the workspace's network, caches nothing, adds no headers, and logs one readable line per
 * request.
 */
function squidConf(allowed: readonly AllowedUrl[], subnets: readonly string[]): string {
  return `http_port 3128
visible_hostname proxy.workspace
acl workspace src ${subnets.join(" ")}
acl CONNECT method CONNECT
acl plain_http proto HTTP
acl climbing urlpath_regex -i (^|/)(\\.|%2e){2}(/|\\?|$)
http_access deny !workspace
http_access deny manager
${squidRules(allowed)}
http_access deny all
cache deny all
cache_mem 0
via off
forwarded_for delete
max_filedescriptors 4096
pid_filename /tmp/squid.pid
coredump_dir /tmp
cache_log stdio:/dev/stderr
logformat bench %{%Y-%m-%dT%H:%M:%SZ}tg %>Hs %Ss %rm %ru
access_log stdio:/dev/stdout logformat=bench
pinger_enable off
positive_dns_ttl 30 seconds
negative_dns_ttl 1 second
connect_timeout 20 seconds
shutdown_lifetime 0 seconds
`;
}
