import type { Reading } from "../bytes/reading";
import { Cancelled } from "../cancelled";
import { cut, withoutFullStop } from "../error-message";
import type { UploadNotes } from "./abandoned";
import { RenewableCredentials, type UploadCredentials } from "./credentials";
import { LostBeginnings } from "./lost-beginnings";
import { Meter } from "./meter";
import { sendParts, Target } from "./multipart";
import { isExpired, s3Client } from "./s3-client";
import { AbortMultipartUploadCommand, type S3Client, S3ServiceException } from "./s3-sdk";

export type { UploadCredentials } from "./credentials";

/**
 * Bytes of one part. S3 allows at most 10,000 parts (Amazon S3 user guide, "Multipart upload limits"), and the archive's
 * size is unknown until it ends. This size allows 117 GiB. A part stays in memory until S3 has it.
 */
const partSize = 12 * 1024 * 1024;

export interface UploadRequest {
  /** What to upload; stopped when the upload fails. */
  readonly source: Pick<Reading, "read" | "stop">;
  readonly credentials: UploadCredentials;
  /** Only for an object store other than AWS. */
  readonly endpoint?: string | undefined;
  /** Returns new credentials for the same object. Without this, an upload fails when its credentials expire. */
  readonly renew?: () => Promise<UploadCredentials>;
  /**
   * Awaited after the whole source was read, right before the object is written. If it rejects, the upload fails with the
   * same error and writes nothing.
   */
  readonly beforeEnd?: () => Promise<void>;
  /** Receives the number of bytes that S3 has. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /**
   * Records that the upload is running. With such a note, a later upload removes what a killed process left of the same
   * object.
   */
  readonly notes?: UploadNotes;
  /** For tests. Default {@link partSize}. */
  readonly partSize?: number;
  /** For tests: see {@link S3Options}. */
  readonly idleMs?: number;
  readonly tries?: number;
}

export interface Uploaded {
  readonly bytes: number;
  /** Hash of the uploaded bytes, in hex. */
  readonly sha256: string;
  readonly parts: number;
  /** A sentence about what may be left in the store; undefined when nothing is. */
  readonly leftover?: string;
}

/** S3 refused the upload or could not be reached. The message contains S3's words and never a secret. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  constructor(
    message: string,
    /** S3's own error code, for example `AccessDenied`. */
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/**
 * Uploads bytes of unknown number to the object of the credentials, in parts that are retried separately. On any failure,
 * and when aborted, the parts that S3 already has are removed and the source is stopped. Throws the source's error, the
 * signal's reason, or {@link UploadError}.
 */
export async function uploadArchive(request: UploadRequest): Promise<Uploaded> {
  const { source, signal, onProgress } = request;
  signal?.throwIfAborted();
  const credentials = new RenewableCredentials(request.credentials, request.renew);
  const { endpoint, idleMs, tries } = request;
  const lost = new LostBeginnings();
  const client = s3Client({ credentials, endpoint, signal, idleMs, tries, onTry: (made) => lost.tried(made) });
  const meter = new Meter(source);
  const target = new Target(
    client,
    () => objectOf(credentials.current),
    () => encryptionOf(credentials.current),
    request.notes,
  );
  const removal: Removal = { client, credentials, cancelled: later(signal, removalAtCancelMs) };
  let leftover = "";
  let doubt = "";
  let refused: { readonly reason: unknown } | undefined;
  const beforeEnd = async () => {
    await request.beforeEnd?.().catch((reason: unknown) => {
      refused = { reason };
      throw reason;
    });
    // Search while the store still lists this process's own upload beside those.
    doubt = await removeLost(removal, lost, target.uploadId, request.notes);
  };
  signal?.addEventListener("abort", source.stop, { once: true });
  try {
    const { Bucket, Key } = objectOf(credentials.current);
    for (const { uploadId, forget } of (await request.notes?.abandoned(Bucket, Key)) ?? []) {
      if ((await removeParts(removal, uploadId)) === "") {
        await forget();
      }
    }
    const parts = await sendParts(meter, target, request.partSize ?? partSize, {
      beforeEnd,
      onProgress: (bytes) => onProgress?.(bytes),
    });
    return { bytes: meter.bytes, sha256: meter.sha256(), parts, ...(doubt === "" ? {} : { leftover: doubt.trim() }) };
  } catch (error) {
    source.stop();
    doubt = await removeLost(removal, lost, target.uploadId, request.notes);
    leftover = await removeParts(removal, target.uploadId);
    if (signal?.aborted === true) {
      throw leftover + doubt === "" ? signal.reason : new Cancelled(signal.reason, `in the upload.${leftover}${doubt}`);
    }
    if (refused !== undefined) {
      throw refused.reason;
    }
    throw meter.failure ?? uploadError(error, credentials, leftover + doubt);
  } finally {
    signal?.removeEventListener("abort", source.stop);
    // If something could not be removed now, the next upload of the same object removes it by its note.
    if (leftover === "") {
      await target.over();
    }
    client.destroy();
  }
}

function objectOf({ bucket, objectPrefix }: UploadCredentials): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: objectPrefix };
}

/**
 * The headers that ICA requires (official OpenAPI document, AwsTempCredentials: "AES256" by default, or "AWS:KMS" with a
 * key).
 */
function encryptionOf({ serverSideEncryptionAlgorithm: algorithm, serverSideEncryptionKey: key }: UploadCredentials) {
  if (algorithm === undefined || algorithm === null || algorithm === "" || algorithm === "AES256") {
    return { ServerSideEncryption: "AES256" as const };
  }
  if (algorithm.toLowerCase() !== "aws:kms") {
    throw new UploadError(
      `ICA asks for an encryption that is not known here: ${algorithm}. Is there a newer version of pulumi-ica?`,
      undefined,
    );
  }
  return {
    ServerSideEncryption: "aws:kms" as const,
    ...(key === undefined || key === null || key === "" ? {} : { SSEKMSKeyId: key }),
  };
}

/** Time limit for removing parts, in milliseconds. */
const removalMs = 60_000;
/** The same once the run is cancelled: the user waits for it. */
const removalAtCancelMs = 1500;

/** What removes the rest of an upload. */
interface Removal {
  readonly client: S3Client;
  readonly credentials: RenewableCredentials;
  /** Aborted when the run was cancelled and the removal takes too long. */
  readonly cancelled: AbortSignal;
}

/** Aborted this many milliseconds after `signal`. */
function later(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const late = new AbortController();
  const begin = () => setTimeout(() => late.abort(), ms).unref();
  signal?.addEventListener("abort", begin, { once: true });
  return late.signal;
}

/** Removes the parts of a failed upload. Returns a sentence if that failed too. */
async function removeParts({ client, credentials, cancelled }: Removal, uploadId: string | undefined): Promise<string> {
  if (uploadId === undefined) {
    return "";
  }
  try {
    const removal = new AbortMultipartUploadCommand({ ...objectOf(credentials.current), UploadId: uploadId });
    await client.send(removal, { abortSignal: AbortSignal.any([AbortSignal.timeout(removalMs), cancelled]) });
    return "";
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "NoSuchUpload") {
      return "";
    }
    return ` The parts that were uploaded could not be removed (${cut(storeErrorMessage(error), longestWords)}); the next upload of this archive from this machine, or the store's life-cycle rules, will.`;
  }
}

/** Removes uploads that were started but whose id was never received. Returns a sentence if something may be left. */
async function removeLost(
  removal: Removal,
  lost: LostBeginnings,
  uploadId: string | undefined,
  notes: UploadNotes | undefined,
): Promise<string> {
  const { client, credentials, cancelled } = removal;
  const { Bucket, Key } = objectOf(credentials.current);
  const noted = (await notes?.ids(Bucket, Key)) ?? new Set<string>();
  const { ours, doubt } = await lost.find(client, { Bucket, Key, uploadId, noted }, cancelled);
  if (doubt !== undefined) {
    return ` S3 may have begun an upload to s3://${Bucket}/${Key} whose id was lost with its answer. It has no parts, and costs nothing; it could not be removed: ${cut(credentials.redact(doubt), longestWords)}.`;
  }
  const failures = await Promise.all(ours.map((id) => removeParts(removal, id)));
  return failures.find((failure) => failure !== "") ?? "";
}

/** Largest number of characters shown of S3's message and of its code. */
const longestWords = 500;
const longestCode = 100;

/** A new error instead of the SDK's, which contains the request with the token in its headers. */
function uploadError(error: unknown, credentials: RenewableCredentials, leftover: string): UploadError {
  if (error instanceof UploadError) {
    return error;
  }
  const refused = error instanceof S3ServiceException;
  const { bucket, objectPrefix } = credentials.current;
  const what = `Upload to s3://${bucket}/${objectPrefix}`;
  const words = cut(credentials.redact(storeErrorMessage(error)), longestWords);
  const said = refused
    ? `was refused: S3 said ${cut(credentials.redact(error.name), longestCode)}: ${words}`
    : `failed: ${words}`;
  const advice = isExpired(error)
    ? " The temporary credentials ended; running the same command again asks for new ones."
    : refused
      ? ""
      : " Check the network and HTTPS_PROXY; running the same command again is safe.";
  return new UploadError(`${what} ${withoutFullStop(said)}.${advice}${leftover}`, refused ? error.name : undefined);
}

function storeErrorMessage(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return error.message.trim() === "" ? (code ?? error.name) : error.message;
}
