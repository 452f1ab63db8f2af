import { rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import type S3rver from "s3rver";
import FilesystemStore from "s3rver/lib/stores/filesystem";

/** The store of the server package, which answers when it has read all bytes. This one answers when they are in the file. */
class WholeFiles extends FilesystemStore {
  override async putPart(bucket: string, uploadId: string, number: string, content: Readable) {
    const file = path.join(this.getResourcePath(bucket, undefined, "uploads"), uploadId, number);
    return this.#written(file, () => super.putPart(bucket, uploadId, number, content));
  }

  override async putObject(object: FilesystemStore.Incoming) {
    return this.#written(this.getResourcePath(object.bucket, object.key, "object"), () => super.putObject(object));
  }

  async #written(file: string, write: () => Promise<FilesystemStore.Stored>): Promise<FilesystemStore.Stored> {
    // What was there before could have the size that is waited for.
    await rm(file, { force: true });
    const stored = await write();
    while ((await stat(file).catch(() => undefined))?.size !== stored.size) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return stored;
  }
}

/** Lets a server keep what it gets in {@link WholeFiles}. */
export function keepWholeFiles(server: S3rver, directory: string): void {
  const inside = server as S3rver & { store: FilesystemStore; readonly context: { store: FilesystemStore } };
  inside.store = new WholeFiles(directory);
  inside.context.store = inside.store;
}
