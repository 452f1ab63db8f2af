import { PassThrough } from "node:stream";
import type Dockerode from "dockerode";
import pLimit from "p-limit";
import { z } from "zod";
import { connectDocker } from "../../runtime/docker/connect";
import type { ProjectData } from "../data/project-data";
import { checkArchive } from "./archive";
import { ArchiveError, openArchive } from "./decompress";
import type { ImageRecord, Images } from "./images";

/** How many archives are decompressed and loaded at the same time. */
const atATime = 2;

/** What a {@link Builder} needs. */
export interface BuilderOptions {
  readonly images: Images;
  readonly data: Pick<ProjectData, "get">;
  /** Minimum milliseconds that an image stays PARTIAL. */
  readonly delayMs: number;
  /** The file with the content of a data object. */
  archiveOf(dataId: string): string;
  log(line: string): void;
}

/** Builds internal images in the background: PARTIAL → AVAILABLE, or BUILDFAILED with the reason in the log. */
export class Builder {
  readonly #options: BuilderOptions;
  readonly #limit = pLimit(atATime);
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  /** Starts the build of an image and returns at once. */
  start(image: ImageRecord): void {
    const work = this.#wait(image)
      .then(() => this.#limit(() => this.#build(image)))
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) {
          this.#options.log(`image ${nameOf(image)}: ${reasonOf(error)}`);
        }
      })
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** Resumes builds that a stop or a crash interrupted. */
  resume(): void {
    for (const image of this.#options.images.list()) {
      if (image.status === "PARTIAL") {
        this.start(image);
      }
    }
  }

  /** Stops all builds. Unfinished images stay PARTIAL until the next start. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error("the emulator stops"));
    await Promise.allSettled(this.#running);
  }

  /** Removes the emulator's names for its images, and images without another name. Only after {@link close}. */
  async removeAll(): Promise<void> {
    if (!this.#options.images.list().some(({ source }) => source.kind === "internal")) {
      return;
    }
    await removeImages(await connectDocker(), this.#options.images.referencePrefix());
  }

  async #wait({ timeCreated }: ImageRecord): Promise<void> {
    const { signal } = this.#stopping;
    const left = Date.parse(timeCreated) + this.#options.delayMs - Date.now();
    if (left <= 0 || signal.aborted) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, left);
      signal.addEventListener("abort", done, { once: true });
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    });
  }

  async #build(image: ImageRecord): Promise<void> {
    const { images, log } = this.#options;
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    try {
      await this.#load(image, signal);
    } catch (error) {
      signal.throwIfAborted();
      const failure = reasonOf(error);
      log(`image ${nameOf(image)}: build failed: ${failure}`);
      await images.finish(image.id, { status: "BUILDFAILED", failure });
      return;
    }
    await images.finish(image.id, { status: "AVAILABLE" });
    log(`image ${nameOf(image)}: available as ${images.reference(image.id)}`);
  }

  async #load(image: ImageRecord, signal: AbortSignal): Promise<void> {
    const { images, data, archiveOf } = this.#options;
    if (image.source.kind !== "internal" || data.get(image.source.dataId) === undefined) {
      throw new ArchiveError("its archive has been deleted");
    }
    const docker = await connectDocker();
    const reference = images.reference(image.id);
    const archive = await openArchive(archiveOf(image.source.dataId), signal);
    const toEngine = new PassThrough();
    const refused = new AbortController();
    // When one side fails, the other must end: a bad archive cancels the load, a lost engine cancels the reading.
    const checking = checkArchive(archive, toEngine, reference).catch((error: unknown) => {
      refused.abort(error);
      throw error;
    });
    const loading = load(docker, toEngine, AbortSignal.any([signal, refused.signal])).catch((error: unknown) => {
      toEngine.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    const [checked, loaded] = await Promise.allSettled([checking, loading]);
    if (checked.status === "rejected") {
      throw checked.reason;
    }
    if (loaded.status === "rejected") {
      throw loaded.reason;
    }
    await docker.getImage(reference).inspect();
  }
}

/** Loads an archive into the engine, which reports failures in the body of a successful response. */
async function load(docker: Dockerode, archive: PassThrough, signal: AbortSignal): Promise<void> {
  const answer = await docker.loadImage(archive, { quiet: true, abortSignal: signal });
  let text = "";
  for await (const chunk of answer) {
    text += String(chunk);
  }
  for (const line of text.split("\n").filter(Boolean)) {
    const { error } = progress.parse(JSON.parse(line));
    if (error !== undefined) {
      throw new ArchiveError(`the Docker engine refused it: ${error}`);
    }
  }
}

/** Removes every image name with this prefix. An image with another name keeps that name. */
export async function removeImages(docker: Dockerode, prefix: string): Promise<void> {
  const known = await docker.listImages({ filters: JSON.stringify({ reference: [`${prefix}*`] }) });
  for (const name of known.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith(prefix))) {
    await docker.getImage(name).remove({ force: true });
  }
}

const progress = z.object({ error: z.string().optional() });

function nameOf({ name, version }: ImageRecord): string {
  return `${name} ${version}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
