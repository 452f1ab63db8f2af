import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type HeadStart, smallestPart } from "../archive/head-start";
import { BufferPool } from "../bytes/buffer-pool";
import type { UploadNotes } from "./abandoned";
import type { Meter } from "./meter";
import { PartNumbers, partsOf } from "./part-cuts";
import { SentAhead, type SentPart, UnderWay } from "./sent-ahead";

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

  /** The whole object in one request. */
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

  /** Called when nothing is left of the upload, or nothing can be done about it. */
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

  /** Puts the object together out of these parts. Others that S3 has are dropped. */
  async complete(parts: readonly SentPart[]): Promise<void> {
    const Parts = [...parts].sort((a, b) => a.PartNumber - b.PartNumber);
    await this.#client.send(
      new CompleteMultipartUploadCommand({ ...this.#object(), UploadId: this.uploadId, MultipartUpload: { Parts } }),
    );
  }
}

export interface Sending {
  /** Waited for right before the object is written. */
  readonly beforeEnd: () => Promise<void>;
  /** Gets the bytes of the object that S3 has. */
  readonly onProgress: (bytes: number) => void;
  readonly headStart?: HeadStart | undefined;
}

/**
 * Sends what a meter reads in parts of one size, {@link partsInFlight} at a time; what fits in one part goes in one request. Gives
 * the number of parts. The memory is that of one part more than are sent at a time. When one part fails nothing more is
 * read, and it fails when no part is under way any more. With a head start, parts that were sent ahead are taken for what the
 * meter reads, where it reads just that; then not all parts are of one size.
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
