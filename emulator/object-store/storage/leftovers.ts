import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { namesIn } from "../../state/unless-missing";
import type { DiskStore } from "./disk";

/** The status of the data that an object belongs to; undefined when the data no longer exists. */
type StatusOf = (key: string) => "PARTIAL" | "AVAILABLE" | undefined;

/**
 * Removes files that a kill left in a bucket and that no upload needs: bodies being received or joined, uploads to
 * complete or deleted data, and objects of deleted data. Keeps the received parts of uploads that can continue. Call it
 * before the store receives anything.
 */
export async function removeLeftovers(disk: DiskStore, bucket: string, statusOf: StatusOf): Promise<void> {
  const uploads = disk.uploadsFolder(bucket);
  for (const name of await namesIn(uploads)) {
    const dir = path.join(uploads, name);
    const key = await disk.keyOfUpload(bucket, name);
    if (key === undefined || statusOf(key) !== "PARTIAL") {
      await rm(dir, { recursive: true, force: true });
    } else {
      await removeFrom(dir, (file) => !/^(?:key|metadata|\d+|\d+\.md5)$/.test(file));
    }
  }
  const root = path.dirname(disk.fileOf(bucket, ""));
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== path.basename(uploads)) {
      await removeFrom(path.join(root, entry.name), (file) => {
        const [, object, what] = /^(.+)\._S3rver_(.+)$/.exec(file) ?? [];
        const known = object !== undefined && statusOf(`${entry.name}/${object}`) !== undefined;
        return object !== undefined && (!known || what?.startsWith("incoming.") === true);
      });
    }
  }
}

async function removeFrom(dir: string, isLeft: (file: string) => boolean): Promise<void> {
  for (const file of (await namesIn(dir)).filter(isLeft)) {
    await rm(path.join(dir, file), { force: true });
  }
}
