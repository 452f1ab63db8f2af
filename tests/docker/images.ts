import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Docker } from "../../provider/docker/cli";

/** Base of the test images; set-up makes sure that it is there. */
export const base = "debian:bookworm-slim";

export interface TestFile {
  readonly text: string;
  readonly mode?: number;
}

/** Builds small images for tests, and removes them and their folders at the end. */
export class TestImages {
  readonly #tags = new Set<string>();
  readonly #folders = new Set<string>();
  #docker: Promise<Docker> | undefined;

  docker(): Promise<Docker> {
    this.#docker ??= Docker.find();
    return this.#docker;
  }

  /** A folder of its own with these files. */
  async folder(files: Readonly<Record<string, string | TestFile>>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    this.#folders.add(folder);
    for (const [path, file] of Object.entries(files)) {
      const { text, mode } = typeof file === "string" ? { text: file } : file;
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text, mode === undefined ? {} : { mode });
    }
    return folder;
  }

  /** A name for an image, which is removed at the end. */
  tag(): string {
    const tag = `pulumi-ica-test/${randomUUID()}:0.0.1`;
    this.#tags.add(tag);
    return tag;
  }

  /** Builds a Dockerfile with these files beside it and gives the image's name. */
  async build(dockerfile: string, files: Readonly<Record<string, string | TestFile>> = {}): Promise<string> {
    const tag = this.tag();
    const context = await this.folder({ ...files, Dockerfile: dockerfile });
    const docker = await this.docker();
    await docker.build({ context, tag, platform: "linux/amd64", labels: { "pulumi-ica": "test" } });
    return tag;
  }

  async removeAll(): Promise<void> {
    const docker = await this.docker();
    for (const tag of this.#tags) await docker.removeImage(tag);
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
    this.#tags.clear();
    this.#folders.clear();
  }
}
