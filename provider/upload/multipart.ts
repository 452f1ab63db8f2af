import { type HeadStart, smallestPart } from "../archive/head-start";
import { BufferPool } from "../bytes/buffer-pool";
import type { UploadNotes } from "./abandoned";
import type { Meter } from "./meter";
import { PartNumbers, partsOf } from "./part-cuts";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "./s3-sdk";
import { SentAhead, type SentPart, UnderWay } from "./sent-ahead";

/**
 * An S3 multipart upload of a stream of unknown length. The SDK's lib-storage does not fit: it allocates new memory for each
 * part, and after a refused part it still sends all the others.
 */

/** Number of parts sent at the same time. */
export const partsInFlight = 4;

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

  /** Assembles the object from these parts. S3 drops its other parts. */
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
  readonly headStart?: HeadStart | undefined;
}

/**
 * Sends the bytes of a meter in parts of equal size, {@link partsInFlight} at a time. Bytes that fit in one part go in one
 * request. Returns the number of parts. Uses the memory of one part more than are sent at the same time. When a part fails,
 * reading stops, and this rejects once all running parts have ended. With a head start, a part that was sent ahead is used
 * when the meter reads exactly its bytes; then the parts have different sizes.
 */
export async function sendParts(
  meter: Meter,
  target: Target,
  partSize: number,
  { beforeEnd, onProgress, headStart }: Sending,
): Promise<number> {
  const smallest = headStart?.smallest ?? smallestPart;
  const slabs = new BufferPool(partSize);
  const underWay = new UnderWay(partsInFlight);
  const parts: SentPart[] = [];
  let failure: { readonly error: unknown } | undefined;
  const numbers = new PartNumbers(headStart?.parts.map(({ number }) => number));
  let sent = 0;

  async function send(as: number, part: Buffer): Promise<void> {
    try {
      has(await target.putPart(as, part), part);
    } catch (error) {
      failure ??= { error };
      meter.stop();
    }
  }

  function has(part: SentPart, bytes: Buffer): void {
    parts.push(part);
    sent += bytes.length;
    slabs.give(bytes);
    onProgress(sent);
  }

  if (headStart !== undefined) await target.begin();
  const ahead = headStart && new SentAhead(headStart, (as, bytes) => target.putPart(as, bytes));
  const running = ahead?.run(underWay, slabs);
  try {
    for await (const { bytes, last, planned } of partsOf(meter, slabs, { partSize, smallest, ahead, numbers })) {
      if (failure !== undefined) break;
      if (last && bytes.length === 0 && numbers.last > 0) break;
      if (last && target.uploadId === undefined) {
        await beforeEnd();
        await target.put(bytes);
        onProgress(bytes.length);
        return 1;
      }
      const there = planned && (await ahead?.sent(planned));
      if (there !== undefined && bytes.length === planned?.bytes) {
        numbers.skipTo(there.PartNumber);
        has(there, bytes);
        continue;
      }
      if (target.uploadId === undefined) await target.begin();
      underWay.add(send(numbers.take(), bytes));
      await underWay.room();
    }
  } finally {
    ahead?.stop();
    await underWay.all();
    await running;
  }
  if (failure !== undefined) throw failure.error;
  await beforeEnd();
  await target.complete(parts);
  return parts.length;
}
