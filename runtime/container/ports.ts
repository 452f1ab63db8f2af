import type Dockerode from "dockerode";
import { consolePort, webPort } from "../bench-facts";
import type { Endpoints, WorkspaceSpec } from "../spec";

/** Docker options that publish the ports of `access` on 127.0.0.1, at ports that Docker chooses. */
export function publish(access: WorkspaceSpec["access"]): {
  exposed: Record<string, Record<string, never>>;
  bindings: Record<string, { HostIp: string; HostPort: string }[]>;
} {
  const ports = [...(access.web ? [webPort] : []), ...(access.console ? [consolePort] : [])].map(
    (port) => `${port}/tcp`,
  );
  return {
    exposed: Object.fromEntries(ports.map((port) => [port, {}])),
    bindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: "127.0.0.1", HostPort: "" }]])),
  };
}

/** The ports that Docker chose. */
export function endpointsOf({ NetworkSettings: { Ports } }: Dockerode.ContainerInspectInfo): Endpoints {
  const at = (port: number): number | undefined => {
    const chosen = Ports[`${port}/tcp`]?.[0]?.HostPort;
    return chosen === undefined ? undefined : Number(chosen);
  };
  const web = at(webPort);
  const console = at(consolePort);
  return { ...(web === undefined ? {} : { web }), ...(console === undefined ? {} : { console }) };
}
