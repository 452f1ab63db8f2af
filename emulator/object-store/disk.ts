import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { IncomingMessage } from "node:http";
import path from "node:path";
import type { Readable } from "node:stream";
import FilesystemStore from "s3rver/lib/stores/filesystem";
import { z } from "zod";
import { isNoSpace, NO_SPACE } from "../no-space";
import { syncFolder, writeDurably } from "../store";
import { namesIn, sizeOf, textOf, unlessMissing } from "../unless-missing";
import { type Received, receive } from "./body";
import { S3Failure } from "./failure";
import { assemble, checkParts, multipartETag, type Part } from "./parts";

/** What the name of an upload's folder ends with while it is removed. */
const ENDED = ".ended";

/** An object that is complete. `etag` without quotes; for a multipart upload it ends in `-<number of parts>`, as in S3. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/**
 * The store of the S3 server package, made crash-safe and as strict as S3: an object appears as a whole or not at all,
 * parts and bodies are checked, ETags are S3's, an upload can be aborted, and nothing secret of a request is written.
 */
export class DiskStore extends FilesystemStore {
  readonly #onStored: (object: StoredObject) => Promise<void>;
  /** Uploads that are being put together: which parts, and what comes of it. */
  readonly #completing = new Map<
    string,
    { readonly asked: string; readonly result: Promise<FilesystemStore.Stored> }
  >();

  /** @param onStored awaited before an upload is acknowledged */
  constructor(dir: string, onStored: (object: StoredObject) => Promise<void>) {
    super(dir);
    this.#onStored = onStored;
  }

  override putObject(incoming: FilesystemStore.Incoming): Promise<FilesystemStore.Stored> {
    return onFullDisk(() => this.#putObject(incoming));
  }

  async #putObject({ bucket, key, content, metadata }: FilesystemStore.Incoming): Promise<FilesystemStore.Stored> {
    const temporary = `${this.incomingPrefix(bucket, key)}${Date.now()}`;
    await mkdir(path.dirname(temporary), { recursive: true, mode: 0o700 });
    const { size, md5 } = await received(content, temporary);
    return this.#publish({ bucket, key, size, etag: md5 }, temporary, metadata).finally(() =>
      rm(temporary, { force: true }),
    );
  }

  override initiateUpload(
    ...args: [bucket: string, key: string, uploadId: string, headers: Record<string, unknown>]
  ): Promise<void> {
    return onFullDisk(() => this.#initiateUpload(...args));
  }

  async #initiateUpload(
    bucket: string,
    key: string,
    uploadId: string,
    headers: Record<string, unknown>,
  ): Promise<void> {
    const dir = this.#uploadDir(bucket, uploadId);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    // Of the headers only this one describes the object; others may hold credentials.
    const metadata = { "content-type": headers["content-type"] ?? "binary/octet-stream" };
    await writeDurably(path.join(dir, "metadata"), JSON.stringify(metadata));
    await writeDurably(path.join(dir, "key"), key);
  }

  override putPart(
    ...args: [bucket: string, uploadId: string, number: string, content: Readable]
  ): Promise<FilesystemStore.Stored> {
    return onFullDisk(() => this.#putPart(...args));
  }

  async #putPart(bucket: string, uploadId: string, number: string, content: Readable): Promise<FilesystemStore.Stored> {
    const dir = await this.#requireUpload(bucket, uploadId);
    const temporary = path.join(dir, `${number}.${Date.now()}.incoming`);
    return this.#unlessOver(bucket, uploadId, async () => {
      const { size, md5 } = await received(content, temporary);
      await writeFile(path.join(dir, `${number}.md5`), md5);
      await rename(temporary, path.join(dir, number));
      await syncFolder(dir);
      return { size, md5 };
    });
  }

  override putObjectMultipart(
    ...args: [bucket: string, uploadId: string, parts: readonly Part[]]
  ): Promise<FilesystemStore.Stored> {
    return onFullDisk(() => this.#once(...args));
  }

  /** A client that got no answer in time asks again, while its parts are still being put together: both get one answer. */
  async #once(bucket: string, uploadId: string, parts: readonly Part[]): Promise<FilesystemStore.Stored> {
    const asked = JSON.stringify(parts);
    for (let other = this.#completing.get(uploadId); other; other = this.#completing.get(uploadId)) {
      if (other.asked === asked) {
        return other.result;
      }
      await Promise.allSettled([other.result]);
    }
    const result = this.#unlessOver(bucket, uploadId, () => this.#putObjectMultipart(bucket, uploadId, parts)).finally(
      () => this.#completing.delete(uploadId),
    );
    this.#completing.set(uploadId, { asked, result });
    return result;
  }

  async #putObjectMultipart(bucket: string, uploadId: string, parts: readonly Part[]): Promise<FilesystemStore.Stored> {
    const dir = await this.#requireUpload(bucket, uploadId);
    const key = await readFile(path.join(dir, "key"), "utf8");
    const metadata = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(await readFile(path.join(dir, "metadata"), "utf8")));
    const size = await checkParts(dir, parts);
    const assembled = path.join(dir, "assembled");
    const files = parts.map(({ number }) => path.join(dir, String(number)));
    // The parts stay, so that it can be asked again.
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

  /** The key that a multipart upload goes to; undefined when there is no such upload. */
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

  /** The file with the content of an object. */
  fileOf(bucket: string, key: string): string {
    return this.getResourcePath(bucket, key, "object");
  }

  /** The folder that has a folder for each multipart upload of a bucket that is under way: `key`, `metadata`, the parts. */
  uploadsFolder(bucket: string): string {
    return this.getResourcePath(bucket, undefined, "uploads");
  }

  /** What the names of the files begin with that the content of an object is received into, when it comes in one piece. */
  incomingPrefix(bucket: string, key: string): string {
    return `${this.getResourcePath(bucket, key, "incoming")}.`;
  }

  /** Removes an object, complete or not, with the parts of its uploads. */
  async remove(bucket: string, key: string): Promise<void> {
    const uploads = this.uploadsFolder(bucket);
    for (const uploadId of await namesIn(uploads)) {
      if ((await textOf(path.join(uploads, uploadId, "key"))) === key) {
        await this.#endUpload(bucket, uploadId);
      }
    }
    const file = this.fileOf(bucket, key);
    await rm(file, { force: true });
    await rm(`${file}.md5`, { force: true });
    await rm(this.getResourcePath(bucket, key, "metadata.json"), { force: true });
  }

  /** What is told of the object is written first, then the object appears under its name: the moment of truth. */
  async #publish(
    object: StoredObject,
    temporary: string,
    metadata: Record<string, unknown>,
  ): Promise<FilesystemStore.Stored> {
    const { bucket, key, size, etag } = object;
    const file = this.fileOf(bucket, key);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await this.putMetadata(bucket, key, metadata, etag);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
    await this.#onStored(object);
    return { size, md5: etag };
  }

  #uploadDir(bucket: string, uploadId: string): string {
    return path.join(this.uploadsFolder(bucket), uploadId);
  }

  /** In one step it is no more; then its files go. A part that is still coming in finds no folder to be put in. */
  async #endUpload(bucket: string, uploadId: string): Promise<void> {
    const ended = `${this.#uploadDir(bucket, uploadId)}.${randomBytes(6).toString("hex")}${ENDED}`;
    if ((await unlessMissing(rename(this.#uploadDir(bucket, uploadId), ended).then(() => true))) === true) {
      await rm(ended, { recursive: true, force: true });
    }
  }

  /** What goes wrong since the upload was ended meanwhile is told as such. */
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

/** Every write of an upload can meet a full disk. What was received so far is not lost. */
async function onFullDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isNoSpace(error) ? Object.assign(new S3Failure("InsufficientStorage", NO_SPACE), { cause: error }) : error;
  }
}

/** Receives a body into a file, which does not stay when something is wrong with it. */
async function received(content: Readable, file: string): Promise<Received> {
  try {
    return await receive(content, content instanceof IncomingMessage ? content.headers : {}, file);
  } catch (error) {
    await rm(file, { force: true });
    // a body that is not read to its end is not complete either
    const hungUp = content instanceof IncomingMessage && !content.complete && !isNoSpace(error);
    throw hungUp ? new S3Failure("IncompleteBody", "The connection ended before the body did.") : error;
  }
}
