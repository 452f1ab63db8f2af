import { type DockerPrograms, dockerVariable, findDockerPrograms } from "../../runtime/docker-programs";
import { run } from "../bytes/process";
import { errorMessage } from "../error-message";
import { DockerNotFoundError } from "./errors";

/** A docker client and how it builds. */
export interface DockerClient {
  /** Full path of the program. */
  readonly command: string;
  /**
   * `buildx`: `docker buildx build`. `classic`: a client before 23, which includes BuildKit (`DOCKER_BUILDKIT=1 docker
   * build`). Newer clients without the plugin cannot use BuildKit at all.
   */
  readonly builds: "buildx" | "classic";
}

/** Milliseconds that a client may take to print its version. */
const patience = 20_000;

/** The first client with BuildKit's secrets, and with `--platform` outside experimental mode. */
const oldestClassic = 20;
/** From this client on, BuildKit is only in the plugin (docs.docker.com, release notes of Docker Engine 23.0). */
const firstWithoutBuildKit = 23;

/**
 * Finds a client that can build with BuildKit: the one in {@link dockerVariable}, else the first on PATH or in the usual
 * folders. If an old client and a newer one without the plugin are both installed, only the old one works.
 */
export async function findDockerClient(
  env: NodeJS.ProcessEnv,
  folders?: readonly string[],
  signal?: AbortSignal,
): Promise<DockerClient> {
  const found = await findDockerPrograms(env, folders);
  const rejected: string[] = [];
  for (const command of found.programs) {
    try {
      return { command, builds: await abilityOf(command, env, signal) };
    } catch (error) {
      signal?.throwIfAborted();
      rejected.push(`  ${command}: ${errorMessage(error)}`);
    }
  }
  throw new DockerNotFoundError(notFound(found, rejected));
}

/** How a client builds. Throws with the reason when it cannot. */
async function abilityOf(
  command: string,
  env: NodeJS.ProcessEnv,
  cancel: AbortSignal | undefined,
): Promise<DockerClient["builds"]> {
  const ask = (...args: string[]) => {
    const late = AbortSignal.timeout(patience);
    return run({ command, args, env, signal: cancel === undefined ? late : AbortSignal.any([late, cancel]) });
  };
  const version = await ask("--version");
  if (version.code !== 0) {
    throw new Error(`it does not start (${version.words})`);
  }
  const plugin = await ask("buildx", "version");
  // An old client answers an unknown command with its help text, and may still exit with 0.
  if (plugin.code === 0 && /\d\.\d/.test(plugin.stdout) && !/^[ \t]*usage:/im.test(plugin.stdout)) {
    return "buildx";
  }
  const major = Number(/version v?(\d+)\./i.exec(version.stdout)?.[1]);
  if (major >= oldestClassic && major < firstWithoutBuildKit) {
    return "classic";
  }
  throw new Error(`${version.stdout.trim()}, without the buildx plugin, so it cannot use BuildKit`);
}

function notFound({ named, folders }: DockerPrograms, rejected: readonly string[]): string {
  const what =
    named === undefined
      ? "No docker client that can build with BuildKit was found."
      : `${dockerVariable} names "${named}", and that is no docker client that can build with BuildKit.`;
  const seen = rejected.length === 0 ? `Looked for it in ${folders.join(", ")}.` : `Looked at:\n${rejected.join("\n")}`;
  return (
    `${what}\n${seen}\nInstall Docker with the buildx plugin (packages docker-ce-cli and docker-buildx-plugin, docker.io on Debian, or ` +
    `Docker Desktop; https://docs.docker.com/engine/install/), or name another client in ${dockerVariable}.`
  );
}
