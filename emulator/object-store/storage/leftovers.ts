import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { namesIn } from "../../state/unless-missing";
import type { DiskStore } from "./disk";

/** What there is to know of an object that files belong to; undefined when its data is not there any more. */
type StatusOf = (key: string) => "PARTIAL" | "AVAILABLE" | undefined;

/**
 * Removes what a kill left in a bucket and nobody will ask for again: bodies that were being received or put together,
 * uploads to what is complete or deleted, and objects whose data was deleted. What has arrived of an upload that can go on
 * stays. Only before anything is received.
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
