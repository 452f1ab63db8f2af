import type { Readable } from "node:stream";
import { dockerLabel } from "../../runtime/bench-facts";
import {
  type Command,
  type Exit,
  type Output,
  outputOf,
  readingOf,
  readingOfOutput,
  run,
  runLines,
} from "../bytes/process";
import type { Reading } from "../bytes/reading";
import { type BuildResult, type BuildSpec, buildCommand, secretValues } from "./build-args";
import { BuilderError, DockerError } from "./errors";
import { type DockerClient, findDockerClient } from "./find";
import { type CopyOut, type FolderEntry, findInImageFolder, type ImageFile, readImageFile } from "./image-files";
import { type ImageInfo, parseImageInfo } from "./image-info";
import { type ImageLayer, parseHistory } from "./image-layers";
import { type BuildLineKind, BuildProgress } from "./progress";

export interface BuildWatch {
  /** Receives one short line when a step starts (`[2/7] RUN apt-get …`) and one when it is done (with its time, or cached). */
  readonly onLine?: (line: string, kind: BuildLineKind) => void;
  readonly signal?: AbortSignal;
}

/** Reads files of one image; see {@link Docker.withFiles}. */
export type FileReader = (path: string) => Promise<ImageFile | undefined>;

/** Searches a folder of one image; see {@link Docker.withFiles}. */
export type FolderReader = (
  folder: string,
  wanted: (entry: FolderEntry) => boolean,
  most: number,
) => Promise<FolderEntry[]>;

/** The docker command line, limited to what publishing an image needs. Programs start without a shell. */
export class Docker {
  readonly client: DockerClient;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends every program that this starts, except one that makes or removes a container: none must be left */
  constructor(client: DockerClient, env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal) {
    this.client = client;
    this.#signal = signal;
    // Docker does not need the ICA key.
    const { ICA_API_KEY: _, ...rest } = env;
    this.#env = {
      ...rest,
      DOCKER_BUILDKIT: "1",
      DOCKER_CLI_HINTS: "false",
      DOCKER_SCAN_SUGGEST: "false",
      // Attestations turn the image into a list of manifests, which `docker save` and ICA do not need.
      BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
    };
  }

  /**
   * Finds a client that can build with BuildKit. Throws {@link DockerNotFoundError}. Does not check whether an engine
   * answers.
   */
  static async find(env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<Docker> {
    return new Docker(await findDockerClient(env, undefined, signal), env, signal);
  }

  /**
   * Builds an image with BuildKit into the local image store. Throws {@link BuildError} with the failing step and its last
   * lines, {@link BuildSpecError} for options that cannot be passed on, or the signal's reason when aborted.
   */
  async build(spec: BuildSpec, { onLine = () => undefined, signal }: BuildWatch = {}): Promise<void> {
    signal?.throwIfAborted();
    const { command, secrets } = await this.#buildOf(spec, "store");
    const progress = new BuildProgress(onLine);
    const exit = await runLines({ ...command, ...(signal === undefined ? {} : { signal }) }, (line) =>
      progress.add(blank(line, secrets)),
    );
    if (exit.code !== 0) {
      throw progress.failure(exit.words);
    }
  }

  /**
   * Builds an image and returns it as an archive for `docker load`, with plain layers, straight from the builder and not
   * through the local image store. Needs buildx. Resolves when the image is built and the archive begins. Throws like {@link
   * build}; a later failure fails the stream.
   */
  async buildArchive(spec: BuildSpec, { onLine = () => undefined, signal }: BuildWatch = {}): Promise<Output> {
    signal?.throwIfAborted();
    const { command, secrets } = await this.#buildOf(spec, "archive");
    const progress = new BuildProgress(onLine);
    const output = outputOf({
      ...command,
      onLine: (line) => progress.add(blank(line, secrets)),
      failure: ({ words }) => progress.failure(blank(words, secrets)),
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      await readable(output.stream);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    return output;
  }

  async #buildOf(spec: BuildSpec, result: BuildResult): Promise<{ command: Command; secrets: string[] }> {
    const labelled = { ...spec, labels: { [dockerLabel]: "bench-image", ...spec.labels } };
    const { args, env } = buildCommand(labelled, this.client, this.#env, result);
    return {
      command: { command: this.client.command, args, env: { ...this.#env, ...env } },
      secrets: await secretValues(spec, this.#env),
    };
  }

  /**
   * The driver of a builder, such as `docker` (the local engine itself), `docker-container`, `kubernetes` or `remote`.
   * Throws {@link BuilderError} when buildx has no such builder. Does not check whether the builder answers.
   */
  async driverOf(builder: string): Promise<string> {
    const result = await this.#try(["buildx", "inspect", "--", builder]);
    if (!result.ok) {
      throw new BuilderError(builder, result.words);
    }
    const driver = /^Driver:\s+(\S+)/m.exec(result.stdout)?.[1];
    if (driver === undefined) {
      throw new BuilderError(builder, "docker buildx inspect names no driver");
    }
    return driver;
  }

  /** Docker's data about an image; undefined when there is no such image here. Never pulls. */
  async inspect(ref: string): Promise<ImageInfo | undefined> {
    const result = await this.#try(["image", "inspect", "--", ref]);
    if (result.ok) {
      return parseImageInfo(result.stdout);
    }
    if (/no such (image|object)/i.test(result.words)) {
      return undefined;
    }
    throw new DockerError("docker image inspect", result.words);
  }

  /** What each build step of an image added, base first. */
  async layers(ref: string): Promise<ImageLayer[]> {
    const args = ["image", "history", "--no-trunc", "--human=false", "--format", "{{json .}}", ref];
    return parseHistory(await this.#run("docker image history", args));
  }

  /**
   * The image as an archive for `docker load`. If Docker fails, the stream fails too; it never ends with a truncated
   * archive.
   */
  save(ref: string, signal?: AbortSignal): Output {
    return outputOf({ ...this.#saving(ref), ...(signal === undefined ? {} : { signal }) });
  }

  /** The same archive, read into the reader's memory. */
  async readSaved(ref: string): Promise<Reading> {
    try {
      return await readingOf(this.#saving(ref));
    } catch {
      // No socket is possible: the path of the temporary folder is too long, or the folder is not writable. The stream works
      // without one, but is slower.
      return readingOfOutput(this.save(ref));
    }
  }

  #saving(ref: string) {
    return {
      command: this.client.command,
      args: ["image", "save", "--", ref],
      env: this.#env,
      failure: ({ words }: Exit) => new DockerError("docker image save", words),
    };
  }

  /** Adds a name to an image. */
  async tag(ref: string, name: string): Promise<void> {
    await this.#run("docker image tag", ["image", "tag", ref, name]);
  }

  /** Removes an image's name, and with the last name the image. True if the name existed. */
  async removeImage(ref: string): Promise<boolean> {
    const result = await this.#try(["image", "rm", "--", ref]);
    if (result.ok) {
      return true;
    }
    if (/no such image/i.test(result.words)) {
      return false;
    }
    throw new DockerError("docker image rm", result.words);
  }

  /** Reads paths of an image without running anything in it. Paths that do not exist are missing from the map. */
  async readFiles(ref: string, paths: readonly string[]): Promise<Map<string, ImageFile>> {
    return this.withFiles(ref, async (read) => {
      const found = new Map<string, ImageFile>();
      for (const path of paths) {
        const file = await read(path);
        if (file !== undefined) {
          found.set(path, file);
        }
      }
      return found;
    });
  }

  /**
   * Calls `use` with readers of the image's files and folders. They read from a container that is created but never started,
   * and always removed at the end.
   */
  async withFiles<T>(ref: string, use: (read: FileReader, find: FolderReader) => Promise<T>): Promise<T> {
    // The command never runs, but Docker needs one when the image has none.
    const args = [
      ...["container", "create", "--pull", "never", "--network", "none", "--label", `${dockerLabel}=inspect`],
      ...["--", ref, "/never-started"],
    ];
    this.#signal?.throwIfAborted();
    const made = await this.#run("docker container create", args, { toItsEnd: true });
    const container = made.trim().split("\n").at(-1) ?? "";
    try {
      const copyOut: CopyOut = (at, followLink) => this.#copyOut(container, at, followLink);
      return await use(
        (path) => readImageFile(path, copyOut),
        (folder, wanted, most) => findInImageFolder(folder, wanted, most, copyOut),
      );
    } finally {
      // Also removes the volumes that Docker created for the image's VOLUMEs.
      const args = ["container", "rm", "--force", "--volumes", "--", container];
      await this.#run("docker container rm", args, { toItsEnd: true });
    }
  }

  async #copyOut(container: string, path: string, followLink: boolean): Promise<Readable | undefined> {
    const { stream } = outputOf({
      command: this.client.command,
      args: ["container", "cp", ...(followLink ? ["--follow-link"] : []), `${container}:${path}`, "-"],
      env: this.#env,
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      failure: ({ words }) => new DockerError("docker container cp", words),
    });
    try {
      await readable(stream);
      return stream;
    } catch (error) {
      if (error instanceof DockerError && nothingThere.test(error.words)) {
        return undefined;
      }
      throw error;
    }
  }

  async #run(command: string, args: readonly string[], how?: { readonly toItsEnd: boolean }): Promise<string> {
    const result = await this.#try(args, how);
    if (result.ok) {
      return result.stdout;
    }
    throw new DockerError(command, result.words);
  }

  async #try(
    args: readonly string[],
    { toItsEnd } = { toItsEnd: false },
  ): Promise<{ ok: true; stdout: string } | { ok: false; words: string }> {
    const signal = toItsEnd ? undefined : this.#signal;
    signal?.throwIfAborted();
    const options = signal === undefined ? {} : { signal };
    const result = await run({ command: this.client.command, args, env: this.#env, ...options });
    return result.code === 0 ? { ok: true, stdout: result.stdout } : { ok: false, words: result.words };
  }
}

/** What old and new clients of `docker cp` print for a path that does not exist in the container, or for links in a circle. */
const nothingThere =
  /too many links|could not find the file|no such container:path|no such file or directory|not a directory/i;

/** Resolves when a stream has data or has ended; rejects when it fails before that. */
function readable(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("readable", resolve);
    stream.once("error", reject);
  });
}

function blank(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), line);
}
