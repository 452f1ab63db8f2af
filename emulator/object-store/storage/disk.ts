import { randomBytes, randomInt } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { z } from "zod";
import { isNoSpace, noSpace } from "../../state/no-space";
import { syncFolder } from "../../state/sync-file";
import { namesIn, sizeOf, textOf, unlessMissing } from "../../state/unless-missing";
import { writeDurably } from "../../state/write-durably";
import { receiveWhole } from "../body";
import { S3Failure } from "../failure";
import { assemble, checkParts, multipartETag, type Part, smallestPartBytes } from "./parts";

/** Suffix of an upload's folder while it is being removed. */
const endedSuffix = ".ended";

/** A complete object. `etag` without quotes; for a multipart upload it ends in `-<number of parts>`, as in S3. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** An object that arrives in one piece. */
export interface Incoming {
  readonly bucket: string;
  readonly key: string;
  /** For uploads over HTTP, the request itself: its headers describe how the body is sent, and its checksums. */
  readonly content: Readable;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A stored object. `etag` without quotes. */
export interface Stored {
  readonly size: number;
  readonly etag: string;
}

/** A part that has arrived. */
export interface StoredPart extends Part {
  readonly size: number;
  readonly modified: Date;
}

/** The headers stored with an object. */
const metadataFile = z.record(z.string(), z.string());

/**
 * Objects and uploads as files, crash-safe and as strict as S3. An object appears as a whole or not at all; parts and
 * bodies are checked; ETags are S3's; secrets of a request never reach the disk. An object `k` is three files in the
 * bucket's folder: `k._S3rver_object`, the same with `.md5`, which holds the ETag, and `k._S3rver_metadata.json`. (The
 * names come from a package that earlier versions used, so that their folders remain readable.)
 */
export class DiskStore {
  readonly #dir: string;
  readonly #onStored: (object: StoredObject) => Promise<void>;
  readonly #minPartBytes: number;
  #steps: Promise<void> = Promise.resolve();
  /** Uploads being completed: their parts and the pending result. */
  readonly #completing = new Map<string, { readonly asked: string; readonly result: Promise<Stored> }>();

  /** @param onStored awaited before the store acknowledges an upload */
  constructor(
    dir: string,
    onStored: (object: StoredObject) => Promise<void>,
    minPartBytes: number = smallestPartBytes,
  ) {
    this.#dir = dir;
    this.#onStored = onStored;
    this.#minPartBytes = minPartBytes;
  }

  /** Creates a bucket if it is missing. */
  async makeBucket(bucket: string): Promise<void> {
    await mkdir(path.join(this.#dir, bucket), { recursive: true, mode: 0o700 });
  }

  /** Stores an object that arrives in one piece. */
  putObject(incoming: Incoming): Promise<Stored> {
    return onFullDisk(() => this.#putObject(incoming));
  }

  async #putObject({ bucket, key, content, metadata }: Incoming): Promise<Stored> {
    const temporary = `${this.incomingPrefix(bucket, key)}${uniqueTime()}`;
    await mkdir(path.dirname(temporary), { recursive: true, mode: 0o700 });
    const { size, md5 } = await receiveWhole(content, temporary);
    return this.#publish({ bucket, key, size, etag: md5 }, temporary, metadata).finally(() =>
      rm(temporary, { force: true }),
    );
  }

  /** Begins a multipart upload. */
  initiateUpload(
    ...args: [bucket: string, key: string, uploadId: string, metadata: Readonly<Record<string, string>>]
  ): Promise<void> {
    return onFullDisk(() => this.#initiateUpload(...args));
  }

  async #initiateUpload(
    bucket: string,
    key: string,
    uploadId: string,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const dir = this.#uploadDir(bucket, uploadId);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeDurably(path.join(dir, "metadata"), JSON.stringify(metadata));
    await writeDurably(path.join(dir, "key"), key);
  }

  /** Stores a part; replaces an earlier part with the same number. */
  putPart(...args: [bucket: string, uploadId: string, number: string, content: Readable]): Promise<Stored> {
    return onFullDisk(() => this.#putPart(...args));
  }

  async #putPart(bucket: string, uploadId: string, number: string, content: Readable): Promise<Stored> {
    const dir = await this.#requireUpload(bucket, uploadId);
    const temporary = path.join(dir, `${number}.${uniqueTime()}.incoming`);
    return this.#unlessOver(bucket, uploadId, async () => {
      const { size, md5 } = await receiveWhole(content, temporary);
      await this.#inTurn(async () => {
        await writeFile(path.join(dir, `${number}.md5`), md5);
        await rename(temporary, path.join(dir, number));
      });
      await syncFolder(dir);
      return { size, etag: md5 };
    });
  }

  /** Completes an upload: joins its parts into its object. */
  completeUpload(...args: [bucket: string, uploadId: string, parts: readonly Part[]]): Promise<Stored> {
    return onFullDisk(() => this.#once(...args));
  }

  /**
   * A client without a timely answer asks again while the parts are still being joined. Both requests get the same
   * answer.
   */
  async #once(bucket: string, uploadId: string, parts: readonly Part[]): Promise<Stored> {
    const asked = JSON.stringify(parts);
    for (let other = this.#completing.get(uploadId); other; other = this.#completing.get(uploadId)) {
      if (other.asked === asked) {
        return other.result;
      }
      await Promise.allSettled([other.result]);
    }
    const result = this.#unlessOver(bucket, uploadId, () => this.#completeUpload(bucket, uploadId, parts)).finally(() =>
      this.#completing.delete(uploadId),
    );
    this.#completing.set(uploadId, { asked, result });
    return result;
  }

  async #completeUpload(bucket: string, uploadId: string, parts: readonly Part[]): Promise<Stored> {
    const dir = await this.#requireUpload(bucket, uploadId);
    const key = (await textOf(path.join(dir, "key"))) ?? "";
    const metadata = metadataFile.parse(JSON.parse((await textOf(path.join(dir, "metadata"))) ?? "{}"));
    const size = await checkParts(dir, parts, this.#minPartBytes);
    const assembled = path.join(dir, "assembled");
    const files = parts.map(({ number }) => path.join(dir, String(number)));
    // The parts stay, so that the client can ask again.
    const stored = await assemble(files, assembled)
      .then(() => this.#publish({ bucket, key, size, etag: multipartETag(parts) }, assembled, metadata))
      .finally(() => rm(assembled, { force: true }));
    await this.#endUpload(bucket, uploadId);
    return stored;
  }

  /** Ends a multipart upload and removes its parts. */
  async abort(bucket: string, uploadId: string): Promise<void> {
    await this.#requireUpload(bucket, uploadId);
    await this.#endUpload(bucket, uploadId);
  }

  /** The key of a multipart upload; undefined when there is no such upload. */
  async keyOfUpload(bucket: string, uploadId: string): Promise<string | undefined> {
    return /^[0-9a-f]{32}$/.test(uploadId) ? textOf(path.join(this.#uploadDir(bucket, uploadId), "key")) : undefined;
  }

  /** A complete object, or undefined. */
  async find(bucket: string, key: string): Promise<StoredObject | undefined> {
    const file = this.fileOf(bucket, key);
    const etag = await textOf(`${file}.md5`);
    if (etag === undefined) {
      return undefined;
    }
    const size = await sizeOf(file);
    return size === undefined ? undefined : { bucket, key, size, etag };
  }

  /** The headers that describe an object, as uploaded. */
  async metadataOf(bucket: string, key: string): Promise<Readonly<Record<string, string>>> {
    return metadataFile.parse(JSON.parse((await textOf(this.#path(bucket, key, "metadata.json"))) ?? "{}"));
  }

  /** The complete parts of an upload, by number. */
  async partsOf(bucket: string, uploadId: string): Promise<StoredPart[]> {
    const dir = this.#uploadDir(bucket, uploadId);
    const numbers = (await namesIn(dir)).filter((name) => /^\d+$/.test(name)).map(Number);
    const parts: StoredPart[] = [];
    for (const number of numbers.sort((a, b) => a - b)) {
      const file = await unlessMissing(stat(path.join(dir, String(number))));
      const etag = await textOf(path.join(dir, `${number}.md5`));
      if (file !== undefined && etag !== undefined) {
        parts.push({ number, etag, size: file.size, modified: file.mtime });
      }
    }
    return parts;
  }

  /** The open multipart uploads to an object, oldest first. */
  async uploadsTo(bucket: string, key: string): Promise<{ uploadId: string; initiated: Date }[]> {
    const found: { uploadId: string; initiated: Date }[] = [];
    for (const uploadId of await namesIn(this.uploadsFolder(bucket))) {
      const begun = await unlessMissing(stat(path.join(this.#uploadDir(bucket, uploadId), "metadata")));
      if (begun !== undefined && (await this.keyOfUpload(bucket, uploadId)) === key) {
        found.push({ uploadId, initiated: begun.mtime });
      }
    }
    return found.sort((a, b) => a.initiated.getTime() - b.initiated.getTime() || (a.uploadId < b.uploadId ? -1 : 1));
  }

  /** The file with the content of an object. */
  fileOf(bucket: string, key: string): string {
    return this.#path(bucket, key, "object");
  }

  /** The folder with one folder for each open multipart upload of a bucket: `key`, `metadata`, the parts. */
  uploadsFolder(bucket: string): string {
    return this.#path(bucket, "", "uploads");
  }

  /** Prefix of the temporary files that receive an object in one piece. */
  incomingPrefix(bucket: string, key: string): string {
    return `${this.#path(bucket, key, "incoming")}.`;
  }

  /** Removes an object, complete or not, with the parts of its uploads. */
  async remove(bucket: string, key: string): Promise<void> {
    for (const { uploadId } of await this.uploadsTo(bucket, key)) {
      await this.#endUpload(bucket, uploadId);
    }
    const file = this.fileOf(bucket, key);
    await rm(file, { force: true });
    await rm(`${file}.md5`, { force: true });
    await rm(this.#path(bucket, key, "metadata.json"), { force: true });
  }

  /** Writes metadata and ETag first, then renames the object to its name, which publishes it. */
  async #publish(object: StoredObject, temporary: string, metadata: Readonly<Record<string, string>>): Promise<Stored> {
    const { bucket, key, size, etag } = object;
    const file = this.fileOf(bucket, key);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(this.#path(bucket, key, "metadata.json"), JSON.stringify(metadata));
    await writeDurably(`${file}.md5`, etag);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
    await this.#onStored(object);
    return { size, etag };
  }

  /**
   * Steps run in order. Two concurrent parts with the same number must not mix: the ETag of one with the content of the
   * other.
   */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const result = this.#steps.then(step);
    this.#steps = result.catch(() => undefined);
    return result;
  }

  #path(bucket: string, key: string, what: string): string {
    return path.join(this.#dir, bucket, `${key}._S3rver_${what}`);
  }

  #uploadDir(bucket: string, uploadId: string): string {
    return path.join(this.uploadsFolder(bucket), uploadId);
  }

  /**
   * A rename ends the upload in one step; then its files are removed. A part that is still arriving no longer finds its
   * folder.
   */
  async #endUpload(bucket: string, uploadId: string): Promise<void> {
    const ended = `${this.#uploadDir(bucket, uploadId)}.${randomBytes(6).toString("hex")}${endedSuffix}`;
    if ((await unlessMissing(rename(this.#uploadDir(bucket, uploadId), ended).then(() => true))) === true) {
      await rm(ended, { recursive: true, force: true });
    }
  }

  /** If the upload has ended meanwhile, reports that instead of the failure that it caused. */
  async #unlessOver<T>(bucket: string, uploadId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#requireUpload(bucket, uploadId);
      throw error;
    }
  }

  async #requireUpload(bucket: string, uploadId: string): Promise<string> {
    if ((await this.keyOfUpload(bucket, uploadId)) === undefined) {
      throw new S3Failure(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      );
    }
    return this.#uploadDir(bucket, uploadId);
  }
}

/** The time, so that names sort by it, plus digits to distinguish names of the same millisecond. */
function uniqueTime(): string {
  return `${Date.now()}${String(randomInt(1_000_000)).padStart(6, "0")}`;
}

/** Every write of an upload can meet a full disk. Data received so far stays. */
async function onFullDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isNoSpace(error) ? new S3Failure("InsufficientStorage", noSpace, { cause: error }) : error;
  }
}
