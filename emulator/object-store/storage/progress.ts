import { stat } from "node:fs/promises";
import path from "node:path";
import { namesIn, sizeOf, textOf, unlessMissing } from "../../state/unless-missing";
import type { DiskStore } from "./disk";

/** The progress of an upload. The total is unknown: S3 clients do not send the size in advance. */
export interface UploadProgress {
  /** Received bytes, including those of incomplete parts. */
  readonly bytes: number;
  /** Complete parts; undefined for an upload in one piece. */
  readonly parts?: number;
}

/**
 * The open uploads to these objects, from the files on disk. This needs no counting while bytes arrive, and includes
 * what a killed emulator had received. Of several uploads to one object, the newest counts.
 */
export async function uploadsUnderWay(
  disk: DiskStore,
  bucket: string,
  keys: ReadonlySet<string>,
): Promise<Map<string, UploadProgress>> {
  const found = new Map<string, UploadProgress & { since: number }>();
  const note = (key: string, progress: (UploadProgress & { since: number }) | undefined) => {
    if (progress !== undefined && progress.since >= (found.get(key)?.since ?? 0)) {
      found.set(key, progress);
    }
  };
  if (keys.size > 0) {
    const uploads = disk.uploadsFolder(bucket);
    for (const uploadId of await namesIn(uploads)) {
      const dir = path.join(uploads, uploadId);
      const key = await textOf(path.join(dir, "key"));
      if (key !== undefined && keys.has(key)) {
        note(key, await multipart(dir));
      }
    }
    for (const key of keys) {
      note(key, await inOnePiece(disk.incomingPrefix(bucket, key)));
    }
  }
  return found;
}

async function multipart(dir: string): Promise<(UploadProgress & { since: number }) | undefined> {
  const begun = await unlessMissing(stat(path.join(dir, "metadata")));
  const whole = new Map<string, number>();
  const coming = new Map<string, number>();
  for (const name of await namesIn(dir)) {
    const [, number = "", incoming] = /^(\d+)(\.\d+\.incoming)?$/.exec(name) ?? [];
    if (number !== "") {
      const size = (await sizeOf(path.join(dir, name))) ?? 0;
      // Counts a part once that a client sends again while the first attempt hangs.
      (incoming === undefined ? whole : coming).set(number, size);
    }
  }
  const bytes = [...new Map([...coming, ...whole]).values()].reduce((sum, size) => sum + size, 0);
  return begun === undefined ? undefined : { bytes, parts: whole.size, since: begun.mtimeMs };
}

async function inOnePiece(prefix: string): Promise<(UploadProgress & { since: number }) | undefined> {
  const dir = path.dirname(prefix);
  const [newest] = (await namesIn(dir))
    .filter((name) => name.startsWith(path.basename(prefix)))
    .sort()
    .reverse();
  const file = newest === undefined ? undefined : await unlessMissing(stat(path.join(dir, newest)));
  return file === undefined ? undefined : { bytes: file.size, since: file.mtimeMs };
}
