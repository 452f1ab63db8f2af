import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { BufferPool } from "../bytes/buffer-pool";
import type { UploadNotes } from "./abandoned";
import type { Meter } from "./meter";

/**
 * An S3 multipart upload of a stream of unknown length. The SDK's lib-storage does not fit: it allocates new memory for each
 * part, and after a refused part it still sends all the others.
 */

/** Number of parts sent at the same time. */
export const partsInFlight = 4;

/** A part that S3 has. */
interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string;
}

/** The object to write, and the upload that writes it. */
export class Target {
  /** Undefined until the upload has started. */
  uploadId: string | undefined;
  readonly #client: S3Client;
  readonly #object: () => { Bucket: string; Key: string };
  readonly #encryption: () => Partial<PutObjectCommandInput>;
  readonly #notes: UploadNotes | undefined;
  #takeBack: (() => Promise<void>) | undefined;

  constructor(
    client: S3Client,
    object: () => { Bucket: string; Key: string },
    encryption: () => Partial<PutObjectCommandInput>,
    notes?: UploadNotes,
  ) {
    this.#client = client;
    this.#object = object;
    this.#encryption = encryption;
    this.#notes = notes;
  }

  /** Sends the whole object in one request. */
  async put(bytes: Buffer): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#object(), ...this.#encryption(), Body: bytes }));
  }

  async begin(): Promise<void> {
    const begun = await this.#client.send(
      new CreateMultipartUploadCommand({ ...this.#object(), ...this.#encryption() }),
    );
    if (begun.UploadId === undefined) throw new Error("S3 began an upload and gave no id of it");
    this.uploadId = begun.UploadId;
    const { Bucket, Key } = this.#object();
    this.#takeBack = await this.#notes?.begun({ bucket: Bucket, key: Key, uploadId: begun.UploadId });
  }

  /** Called when nothing is left of the upload, or nothing more can be done about it. */
  async over(): Promise<void> {
    await this.#takeBack?.();
  }

  async putPart(number: number, bytes: Buffer): Promise<SentPart> {
    const { ETag } = await this.#client.send(
      new UploadPartCommand({ ...this.#object(), UploadId: this.uploadId, PartNumber: number, Body: bytes }),
    );
    if (ETag === undefined) throw new Error(`S3 took part ${number} and gave no ETag of it`);
    return { PartNumber: number, ETag };
  }

  /** Assembles the object from these parts. */
  async complete(parts: readonly SentPart[]): Promise<void> {
    const Parts = [...parts].sort((a, b) => a.PartNumber - b.PartNumber);
    await this.#client.send(
      new CompleteMultipartUploadCommand({ ...this.#object(), UploadId: this.uploadId, MultipartUpload: { Parts } }),
    );
  }
}

export interface Sending {
  /** Awaited right before the object is written. */
  readonly beforeEnd: () => Promise<void>;
  /** Receives the number of bytes of the object that S3 has. */
  readonly onProgress: (bytes: number) => void;
}

/**
 * Sends the bytes of a meter in parts of equal size, {@link partsInFlight} at a time. Bytes that fit in one part go in one
 * request. Returns the number of parts. Uses the memory of one part more than are sent at the same time. When a part fails,
 * reading stops, and this rejects once all running parts have ended.
 */
export async function sendParts(
  meter: Meter,
  target: Target,
  partSize: number,
  { beforeEnd, onProgress }: Sending,
): Promise<number> {
  const slabs = new BufferPool(partSize);
  const parts: SentPart[] = [];
  const sending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let sent = 0;
  let number = 0;

  async function send(as: number, part: Buffer): Promise<void> {
    try {
      parts.push(await target.putPart(as, part));
      sent += part.length;
      onProgress(sent);
    } catch (error) {
      failure ??= { error };
      meter.stop();
    } finally {
      slabs.give(part);
    }
  }

  try {
    for await (const { part, last } of partsOf(meter, slabs)) {
      if (failure !== undefined) break;
      if (last && number === 0) {
        await beforeEnd();
        await target.put(part);
        onProgress(part.length);
        return 1;
      }
      if (number === 0) await target.begin();
      const running = send(++number, part);
      sending.add(running);
      void running.finally(() => sending.delete(running));
      while (sending.size >= partsInFlight) await Promise.race(sending);
    }
  } finally {
    await Promise.all(sending);
  }
  if (failure !== undefined) throw failure.error;
  await beforeEnd();
  await target.complete(parts);
  return parts.length;
}

/** Cuts the bytes of a meter into parts of equal size, except the last; at least one part. */
async function* partsOf(meter: Meter, slabs: BufferPool): AsyncGenerator<{ part: Buffer; last: boolean }> {
  let part = slabs.take(slabs.size);
  let filled = 0;
  for await (const chunk of meter.chunks()) {
    for (let at = 0; at < chunk.length; ) {
      // Only now is it certain that this is not the last part.
      if (filled === part.length) {
        yield { part, last: false };
        part = slabs.take(slabs.size);
        filled = 0;
      }
      const copied = chunk.copy(part, filled, at);
      at += copied;
      filled += copied;
    }
  }
  yield { part: part.subarray(0, filled), last: true };
}
