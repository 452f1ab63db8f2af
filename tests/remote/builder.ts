import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "../support/programs/command";

/** A program that `npm run test:remote` has made. */
function tool(variable: string): string {
  const found = process.env[variable];
  if (found === undefined) throw new Error(`${variable} names no program: run these tests with npm run test:remote`);
  return found;
}

/** A BuildKit of its own, apart from the local Docker's: another process, folder and image store, reached over TCP. */
export class RemoteBuilder {
  /** As `build.builder` names it. */
  readonly name = "far";
  #daemon: ChildProcess | undefined;
  readonly #configBefore = process.env.DOCKER_CONFIG;

  private constructor(
    readonly dir: string,
    readonly port: number,
  ) {}

  /** Starts it, and makes it known to a buildx whose settings are in this process's DOCKER_CONFIG from now on. */
  static async start(): Promise<RemoteBuilder> {
    // Not /tmp, which may be in memory or on a file system that overlayfs takes no upper folder from.
    const dir = await mkdtemp("/var/tmp/pulumi-ica-remote-");
    const builder = new RemoteBuilder(dir, await freePort());
    const config = path.join(dir, "docker");
    await mkdir(path.join(config, "cli-plugins"), { recursive: true });
    await writeFile(path.join(config, "config.json"), "{}");
    await symlink(tool("ICA_TEST_BUILDX"), path.join(config, "cli-plugins", "docker-buildx"));
    process.env.DOCKER_CONFIG = config;
    await builder.run();
    const address = `tcp://127.0.0.1:${builder.port}`;
    await docker("buildx", "create", "--name", builder.name, "--driver", "remote", address);
    await docker("buildx", "inspect", builder.name, "--bootstrap");
    return builder;
  }

  /** Starts the daemon, again after it was killed. */
  async run(): Promise<void> {
    const daemon = spawn(
      tool("ICA_TEST_BUILDKITD"),
      [
        ...["--addr", `tcp://127.0.0.1:${this.port}`, "--root", path.join(this.dir, "root"), "--config", "/dev/null"],
        ...["--oci-worker=true", "--containerd-worker=false", "--oci-worker-snapshotter=overlayfs"],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#daemon = daemon;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      daemon.once("error", reject);
      daemon.once("exit", () => reject(new Error(`buildkitd ended:\n${said}`)));
      daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("running server on")) resolve();
      });
    });
  }

  /** As a machine does that loses its power. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Makes it forget all that it has built. */
  async forget(): Promise<void> {
    await this.#end("SIGTERM");
    await this.#remove(path.join(this.dir, "root"));
    await this.run();
  }

  async close(): Promise<void> {
    await this.#end("SIGTERM");
    await this.#remove(this.dir);
    if (this.#configBefore === undefined) delete process.env.DOCKER_CONFIG;
    else process.env.DOCKER_CONFIG = this.#configBefore;
  }

  async #remove(folder: string): Promise<void> {
    // A daemon that was killed leaves the file systems of its steps mounted.
    const mounts = (await readFile("/proc/self/mounts", "utf8"))
      .split("\n")
      .map((line) => line.split(" ")[1] ?? "")
      .filter((place) => place.startsWith(`${folder}/`));
    for (const place of mounts.reverse()) await command("umount", ["--lazy", place], { mayFail: true });
    await rm(folder, { recursive: true, force: true });
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill(signal);
    await once(daemon, "exit");
  }
}

/** Runs the docker client of these tests. */
export function docker(...args: string[]): Promise<{ stdout: string }> {
  return command(process.env.ICA_BENCH_DOCKER ?? "docker", args);
}

/**
 * The files of the tests' base image as a tar: a builder that is somewhere else cannot take it from the local Docker, and a
 * registry may not be reached.
 */
export async function baseFiles(file: string): Promise<void> {
  const made = await docker("container", "create", "--label", "pulumi-ica=test", "debian:bookworm-slim");
  const container = made.stdout.trim();
  try {
    await docker("container", "export", "--output", file, container);
  } finally {
    await docker("container", "rm", "--force", container);
  }
}

/** A folder of its own below the system's folder for temporary files. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), "pulumi-ica-remote-"));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
}
