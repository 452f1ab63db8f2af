import { BufferPool } from "../bytes/buffer-pool";
import type { UploadNotes } from "./abandoned";
import type { Meter } from "./meter";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "./s3-sdk";

/**
 * An S3 multipart upload of bytes of unknown number. The SDK's lib-storage does not fit: it allocates new memory for each
 * part, and after a refused part it still sends all the others.
 */

/** Number of parts sent at the same time. */
const partsInFlight = 4;

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
    if (begun.UploadId === undefined) {
      throw new Error("S3 began an upload and gave no id of it");
    }
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
    if (ETag === undefined) {
      throw new Error(`S3 took part ${number} and gave no ETag of it`);
    }
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
 * Reads the bytes of a meter straight into parts of equal size and sends them, {@link partsInFlight} at a time. Bytes that
 * do not fill a part go in one request. Returns the number of parts. Uses the memory of the parts in flight. When a part
 * fails, reading stops, and this rejects once all running parts have ended.
 */
export async function sendParts(
  meter: Meter,
  target: Target,
  partSize: number,
  { beforeEnd, onProgress }: Sending,
): Promise<number> {
  const memory = new BufferPool(partSize);
  const parts: SentPart[] = [];
  const sending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let sent = 0;

  async function send(number: number, part: Buffer, giveBack: () => void): Promise<void> {
    try {
      parts.push(await target.putPart(number, part));
      sent += part.length;
      onProgress(sent);
    } catch (error) {
      failure ??= { error };
      meter.stop();
    } finally {
      giveBack();
    }
  }

  try {
    for (let number = 1; failure === undefined; number++) {
      const { bytes, giveBack } = memory.take(partSize);
      const part = bytes.subarray(0, await meter.read(bytes));
      const isLast = part.length < partSize;
      if (isLast && number === 1) {
        await beforeEnd();
        await target.put(part);
        onProgress(part.length);
        return 1;
      }
      if (part.length > 0) {
        if (number === 1) {
          await target.begin();
        }
        const running = send(number, part, giveBack);
        sending.add(running);
        void running.finally(() => sending.delete(running));
        while (sending.size >= partsInFlight) {
          await Promise.race(sending);
        }
      }
      if (isLast) {
        break;
      }
    }
  } finally {
    await Promise.all(sending);
  }
  if (failure !== undefined) {
    throw failure.error;
  }
  await beforeEnd();
  await target.complete(parts);
  return parts.length;
}
