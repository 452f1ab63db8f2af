import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { AbortMultipartUploadCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { RenewableCredentials, type UploadCredentials } from "./upload-credentials";

export type { UploadCredentials } from "./upload-credentials";

/**
 * Bytes of one part. S3 takes at most 10,000 parts (Amazon S3 user guide, "Multipart upload limits"), and the size of an archive
 * is not known before it has ended: this is good for 117 GiB. A part is held in memory until S3 has it, so this times
 * {@link partsInFlight}, and two more while one is put together, bounds the memory whatever the archive's size.
 */
export const partSize = 12 * 1024 * 1024;
export const partsInFlight = 4;

export interface UploadRequest {
  /** What to upload; destroyed when the upload fails. */
  readonly source: Readable;
  readonly credentials: UploadCredentials;
  /** Only for an object store that is not AWS. */
  readonly endpoint?: string | undefined;
  /** Gives new credentials for the same object. Without it an upload ends with its credentials. */
  readonly renew?: () => Promise<UploadCredentials>;
  /** Bytes that S3 has. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /** For tests. Default {@link partSize}. */
  readonly partSize?: number;
}

export interface Uploaded {
  readonly bytes: number;
  /** Of what was uploaded; hex. */
  readonly sha256: string;
  readonly parts: number;
}

/** S3 refused, or could not be reached. The message holds its words and never a secret. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  constructor(
    message: string,
    /** S3's own code, for example `AccessDenied`. */
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/**
 * Uploads a stream of unknown length to the object the credentials are for, in parts that are tried again one by one. On
 * any failure, and when aborted, the parts that S3 has already are removed, and the source is destroyed. Throws what the
 * source failed with, the signal's reason, else {@link UploadError}.
 */
export async function uploadArchive(request: UploadRequest): Promise<Uploaded> {
  const { source, signal, onProgress } = request;
  signal?.throwIfAborted();
  const credentials = new RenewableCredentials(request.credentials, request.renew);
  const client = clientFor(credentials, request.endpoint, signal);
  const meter = new Meter(source);
  const upload = new Upload({
    client,
    queueSize: partsInFlight,
    partSize: request.partSize ?? partSize,
    // Removed below: the library's own removal would hide why the upload failed if it failed too.
    leavePartsOnError: true,
    params: {
      ...objectOf(credentials.current),
      ...encryptionOf(credentials.current),
      Body: Readable.from(meter.chunks()),
    },
  });
  const stop = () => source.destroy(reasonOf(signal));
  signal?.addEventListener("abort", stop, { once: true });
  let parts = 0;
  upload.on("httpUploadProgress", ({ loaded = 0, part = 0 }) => {
    parts = Math.max(parts, part);
    onProgress?.(loaded);
  });
  try {
    await upload.done();
    return { bytes: meter.bytes, sha256: meter.sha256(), parts };
  } catch (error) {
    source.destroy();
    const leftover = await removeParts(client, credentials, upload.uploadId);
    signal?.throwIfAborted();
    throw meter.failure ?? uploadError(error, credentials, leftover);
  } finally {
    signal?.removeEventListener("abort", stop);
    client.destroy();
  }
}

function clientFor(
  credentials: RenewableCredentials,
  endpoint: string | undefined,
  signal: AbortSignal | undefined,
): S3Client {
  const config = {
    region: credentials.current.region,
    credentials: credentials.provider,
    // Object stores other than AWS know no bucket as a host name.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // The SDK's default checksums go as trailers, which other object stores do not take; TLS and our SHA-256 remain.
    requestChecksumCalculation: "WHEN_REQUIRED" as const,
    responseChecksumValidation: "WHEN_REQUIRED" as const,
    maxAttempts: 5,
  };
  const { requestHandler } = new S3Client(config).config;
  // What is under way ends with the signal, except for the removal of parts that follows it.
  const untilAborted: Pick<typeof requestHandler, "handle"> = {
    handle: (sent, options) =>
      requestHandler.handle(
        sent,
        signal === undefined || isRemoval(sent) ? options : { ...options, abortSignal: signal },
      ),
  };
  const client = new S3Client({ ...config, requestHandler: untilAborted });
  client.middlewareStack.add(
    (next) => async (args) => {
      const used = credentials.current;
      try {
        return await next(args);
      } catch (error) {
        if (!isExpired(error) || !(await credentials.replace(used))) throw error;
        return next(args);
      }
    },
    // Outside of the SDK's retries and of signing, so that the second try is signed anew.
    { step: "build", name: "renewExpiredCredentials" },
  );
  return client;
}

function isRemoval(request: unknown): boolean {
  return typeof request === "object" && request !== null && "method" in request && request.method === "DELETE";
}

/** Counts and hashes what passes, and keeps what the source failed with. */
class Meter {
  bytes = 0;
  failure: unknown;
  #reading = false;
  readonly #source: Readable;
  readonly #hash = createHash("sha256");

  constructor(source: Readable) {
    this.#source = source;
    // It may fail before or after it is read, and an error that nobody hears ends the whole process.
    source.on("error", (error) => {
      if (!this.#reading) this.failure ??= error;
    });
  }

  async *chunks(): AsyncGenerator<Buffer> {
    this.#reading = true;
    for (const source = this.#source.iterator({ destroyOnReturn: false }); ; ) {
      const next = await this.#read(source);
      if (next === undefined) return;
      this.#hash.update(next);
      this.bytes += next.length;
      yield next;
    }
  }

  async #read(source: AsyncIterator<unknown>): Promise<Buffer | undefined> {
    try {
      const { done, value } = await source.next();
      if (done === true) return undefined;
      if (!Buffer.isBuffer(value)) throw new TypeError("the source of an upload must give bytes");
      return value;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}

function objectOf({ bucket, objectPrefix }: UploadCredentials): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: objectPrefix };
}

/** The headers that ICA wants (official OpenAPI document, AwsTempCredentials: "AES256" by default, or "AWS:KMS" with a key). */
function encryptionOf({ serverSideEncryptionAlgorithm: algorithm, serverSideEncryptionKey: key }: UploadCredentials) {
  if (algorithm === undefined || algorithm === null || algorithm === "" || algorithm === "AES256")
    return { ServerSideEncryption: "AES256" as const };
  if (algorithm.toLowerCase() !== "aws:kms")
    throw new UploadError(
      `ICA asks for an encryption that is not known here: ${algorithm}. Is there a newer version of pulumi-ica?`,
      undefined,
    );
  return {
    ServerSideEncryption: "aws:kms" as const,
    ...(key === undefined || key === null || key === "" ? {} : { SSEKMSKeyId: key }),
  };
}

/** Removes the parts of an upload that failed. Gives a sentence if that failed too. */
async function removeParts(
  client: S3Client,
  credentials: RenewableCredentials,
  uploadId: string | undefined,
): Promise<string> {
  if (uploadId === undefined) return "";
  try {
    await client.send(new AbortMultipartUploadCommand({ ...objectOf(credentials.current), UploadId: uploadId }));
    return "";
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "NoSuchUpload") return "";
    return ` The parts that were uploaded could not be removed (${wordsOf(error)}); the store's life-cycle rules will.`;
  }
}

const expiredCodes = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]);

function isExpired(error: unknown): boolean {
  return error instanceof Error && expiredCodes.has(error.name);
}

/** A new error and not the SDK's: that one holds the request, with the token in its headers. */
function uploadError(error: unknown, credentials: RenewableCredentials, leftover: string): UploadError {
  if (error instanceof UploadError) return error;
  const refused = error instanceof S3ServiceException;
  const { bucket, objectPrefix } = credentials.current;
  const what = `Upload to s3://${bucket}/${objectPrefix}`;
  const words = credentials.redact(wordsOf(error));
  const said = refused ? `was refused: S3 said ${error.name}: ${words}` : `failed: ${words}`;
  const advice = isExpired(error)
    ? " The temporary credentials ended; running the same command again asks for new ones."
    : refused
      ? ""
      : " Check the network and HTTPS_PROXY; running the same command again is safe.";
  return new UploadError(
    `${what} ${said.replace(/[.\s]+$/, "")}.${advice}${leftover}`,
    refused ? error.name : undefined,
  );
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return error.message.trim() === "" ? (code ?? error.name) : error.message;
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error("the upload was given up");
}
