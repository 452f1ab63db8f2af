import { execFile } from "node:child_process";
import { promisify } from "node:util";
import Dockerode from "dockerode";
import { z } from "zod";
import { findDockerPrograms } from "../docker-programs";

/**
 * Connects to the Docker engine that the `docker` command would use: `DOCKER_HOST`, otherwise the current context of
 * the command line (Docker Desktop, Colima, rootless), otherwise the default socket. Throws when the engine does not
 * answer.
 *
 * @param command the docker client to ask for its context. Default: the first that {@link findDockerPrograms} finds
 */
export async function connectDocker(command?: string): Promise<Dockerode> {
  const host = process.env.DOCKER_HOST ? undefined : await contextHost(command);
  const docker = host === undefined ? new Dockerode() : new Dockerode(optionsOf(host));
  try {
    await docker.ping();
  } catch (cause) {
    const where = process.env.DOCKER_HOST ?? host ?? "the default socket";
    throw new Error(`No Docker engine answers at ${where}. Start Docker (try: docker info), then try again.`, {
      cause,
    });
  }
  return docker;
}

/** The endpoint of the current context; undefined without a docker command line. */
async function contextHost(named: string | undefined): Promise<string | undefined> {
  const command = named ?? (await findDockerPrograms(process.env)).programs[0];
  if (command === undefined) {
    return undefined;
  }
  try {
    const args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
    const { stdout } = await promisify(execFile)(command, args, { timeout: 10_000 });
    return stdout.trim() || undefined;
  } catch {
    // Without a command line, or without contexts, the default socket applies.
    return undefined;
  }
}

function optionsOf(host: string): Dockerode.DockerOptions {
  // The rest is the literal path. Parsing it as a URL would encode spaces and umlauts.
  const [, socketPath] = /^(?:unix|npipe):\/\/(.+)$/.exec(host) ?? [];
  if (socketPath !== undefined) {
    return { socketPath };
  }
  const url = new URL(host);
  if (url.protocol === "ssh:") {
    return {
      protocol: "ssh",
      host: url.hostname,
      port: Number(url.port || 22),
      username: decodeURIComponent(url.username),
    };
  }
  return { host: url.hostname, port: Number(url.port || 2375), protocol: "http" };
}

/** Whether an engine is on this machine, so that ports published on 127.0.0.1 can be reached. */
export function isLocal(docker: Dockerode): boolean {
  const { socketPath, host } = modem.parse(docker.modem);
  return socketPath !== undefined || host === undefined || /^(?:localhost|127\.[\d.]+|\[?::1\]?)$/.test(host);
}

const modem = z.object({ socketPath: z.string().optional(), host: z.string().optional() });
