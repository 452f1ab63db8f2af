import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Slabs } from "../slabs";
import type { Meter } from "./upload-meter";
import type { UploadNotes } from "./upload-notes";

/**
 * An S3 multipart upload of a stream whose length is not known. Not the SDK's lib-storage: that one puts each part together in
 * fresh memory, and after a part was refused it still sends all the others.
 */

/** Parts that are sent at a time. */
export const partsInFlight = 4;

/** The object that is written, and the upload that writes it. */
export class Target {
  /** Undefined as long as none was begun. */
  uploadId: string | undefined;
  readonly #client: S3Client;
  readonly #object: () => { Bucket: string; Key: string };
  readonly #encryption: Partial<PutObjectCommandInput>;
  readonly #notes: UploadNotes | undefined;
  #takeBack: (() => Promise<void>) | undefined;
  readonly #parts: { PartNumber: number; ETag: string }[] = [];

  constructor(
    client: S3Client,
    object: () => { Bucket: string; Key: string },
    encryption: Partial<PutObjectCommandInput>,
    notes?: UploadNotes,
  ) {
    this.#client = client;
    this.#object = object;
    this.#encryption = encryption;
    this.#notes = notes;
  }

  /** The whole object in one request. */
  async put(bytes: Buffer): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#object(), ...this.#encryption, Body: bytes }));
  }

  async begin(): Promise<void> {
    const begun = await this.#client.send(new CreateMultipartUploadCommand({ ...this.#object(), ...this.#encryption }));
    if (begun.UploadId === undefined) throw new Error("S3 began an upload and gave no id of it");
    this.uploadId = begun.UploadId;
    const { Bucket, Key } = this.#object();
    this.#takeBack = await this.#notes?.begun({ bucket: Bucket, key: Key, uploadId: begun.UploadId });
  }

  /** Called when nothing is left of the upload, or nothing can be done about it. */
  async over(): Promise<void> {
    await this.#takeBack?.();
  }

  async putPart(number: number, bytes: Buffer): Promise<void> {
    const { ETag } = await this.#client.send(
      new UploadPartCommand({ ...this.#object(), UploadId: this.uploadId, PartNumber: number, Body: bytes }),
    );
    if (ETag === undefined) throw new Error(`S3 took part ${number} and gave no ETag of it`);
    this.#parts.push({ PartNumber: number, ETag });
  }

  async complete(): Promise<void> {
    const Parts = this.#parts.sort((a, b) => a.PartNumber - b.PartNumber);
    await this.#client.send(
      new CompleteMultipartUploadCommand({ ...this.#object(), UploadId: this.uploadId, MultipartUpload: { Parts } }),
    );
  }
}

/**
 * Sends what a meter reads in parts of one size, {@link partsInFlight} at a time; what fits in one part goes in one request. Gives
 * the number of parts. The memory is that of one part more than are sent at a time. When one part fails nothing more is
 * read, and it fails when no part is under way any more. `beforeEnd` is waited for right before the object is written; `onProgress`
 * gets the bytes that S3 has.
 */
export async function sendParts(
  meter: Meter,
  target: Target,
  partSize: number,
  { beforeEnd, onProgress }: { beforeEnd: () => Promise<void>; onProgress: (bytes: number) => void },
): Promise<number> {
  const slabs = new Slabs(partSize);
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let [numbers, sent] = [0, 0];

  async function send(number: number, part: Buffer): Promise<void> {
    try {
      await target.putPart(number, part);
      sent += part.length;
      slabs.give(part);
      onProgress(sent);
    } catch (error) {
      failure ??= { error };
      meter.stop();
    }
  }

  try {
    for await (const { bytes, last } of partsOf(meter, slabs)) {
      if (failure !== undefined) break;
      if (last && numbers === 0) {
        await beforeEnd();
        await target.put(bytes);
        onProgress(bytes.length);
        return 1;
      }
      if (target.uploadId === undefined) await target.begin();
      const sending = send(++numbers, bytes).finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= partsInFlight) await Promise.race(underWay);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failure !== undefined) throw failure.error;
  await beforeEnd();
  await target.complete();
  return numbers;
}

interface UploadPart {
  readonly bytes: Buffer;
  readonly last: boolean;
}

/** The stream in parts, all but the last of one size; at least one. */
async function* partsOf(meter: Meter, slabs: Slabs): AsyncGenerator<UploadPart> {
  let part = slabs.take(slabs.size);
  let filled = 0;
  for await (const chunk of meter.chunks()) {
    for (let at = 0; at < chunk.length; ) {
      // Only now is it known that this part is not the last one.
      if (filled === part.length) {
        yield { bytes: part, last: false };
        part = slabs.take(slabs.size);
        filled = 0;
      }
      const copied = chunk.copy(part, filled, at);
      at += copied;
      filled += copied;
    }
  }
  yield { bytes: part.subarray(0, filled), last: true };
}
