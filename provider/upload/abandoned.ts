import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { isAlive } from "../../runtime/is-alive";
import { cacheFolder } from "../cache-folder";

/**
 * Notes of the multipart uploads that processes on this machine have started. Each note is a file, removed when the upload
 * ends. A killed process leaves its note, and S3 keeps and bills the parts it sent. The next upload of the same object
 * removes both. Only a note shows that an upload is abandoned: without one, another run may still be sending the same
 * object.
 */

const noteSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string(),
  /** A process id is only valid on one machine or in one container. */
  host: z.string(),
  pid: z.int().positive(),
});
export type UploadNote = z.infer<typeof noteSchema>;

export interface AbandonedUpload {
  readonly uploadId: string;
  readonly forget: () => Promise<void>;
}

export class UploadNotes {
  readonly #folder: string;

  /** Default: next to the layer cache. */
  constructor(folder = cacheFolder("uploads")) {
    this.#folder = folder;
  }

  /**
   * Records that this process has started an upload; returns the function that removes the note. If the note cannot be
   * written, the upload has none.
   */
  async begun(upload: Pick<UploadNote, "bucket" | "key" | "uploadId">): Promise<() => Promise<void>> {
    const path = join(this.#folder, `${randomUUID()}.json`);
    const note: UploadNote = { ...upload, host: hostname(), pid: process.pid };
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(path, JSON.stringify(note), { mode: 0o600 });
    } catch {
      // The upload continues without a note. A lifecycle rule of the bucket removes what it may leave.
    }
    return () => rm(path, { force: true }).catch(() => undefined);
  }

  /** The uploads of this object whose process is gone, each with the function that removes its note. */
  async abandoned(bucket: string, key: string): Promise<AbandonedUpload[]> {
    return (await this.#of(bucket, key))
      .filter(({ note }) => note.host === hostname() && !isAlive(note.pid))
      .map(({ path, note }) => ({
        uploadId: note.uploadId,
        forget: () => rm(path, { force: true }).catch(() => undefined),
      }));
  }

  /** Ids of all uploads of this object that have a note. */
  async ids(bucket: string, key: string): Promise<Set<string>> {
    return new Set((await this.#of(bucket, key)).map(({ note }) => note.uploadId));
  }

  async #of(bucket: string, key: string): Promise<{ path: string; note: UploadNote }[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const notes: { path: string; note: UploadNote }[] = [];
    for (const name of names.filter((name) => name.endsWith(".json"))) {
      const path = join(this.#folder, name);
      const note = await readNote(path);
      if (note !== undefined && note.bucket === bucket && note.key === key) {
        notes.push({ path, note });
      }
    }
    return notes;
  }
}

/** Undefined when the file is gone or not a complete note, as when a process was killed while writing it. */
async function readNote(path: string): Promise<UploadNote | undefined> {
  try {
    return noteSchema.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}
