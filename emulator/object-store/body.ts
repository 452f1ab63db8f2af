import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { isNoSpace } from "../state/no-space";
import { syncFile } from "../state/sync-file";
import { AwsChunkedDecoder } from "./chunked";
import { S3Failure } from "./failure";

/** A received body that is on disk. */
export interface Received {
  readonly size: number;
  /** Hex. */
  readonly md5: string;
}

const checksums = ["crc32", "sha1", "sha256"] as const;
/** How much of a body to collect before each write. */
const gatheredBytes = 1024 * 1024;
/** The largest body of one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const maxBodyBytes = 5 * 1024 ** 3;
const trailerPayload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/**
 * Streams the body of an upload to a file, decoded, and syncs the file. Checks all claims of the client: payload hash
 * of the signature, Content-MD5, decoded length, and the CRC32, SHA-1 or SHA-256 checksum in a header or trailer. (Does
 * not check CRC32C or CRC64NVME, because Node has no such function.) Throws S3's error on a mismatch.
 */
async function receive(content: Readable, headers: IncomingHttpHeaders, file: string): Promise<Received> {
  const payloadHash = headers["x-amz-content-sha256"];
  if (typeof payloadHash === "string" && payloadHash.startsWith("STREAMING-") && payloadHash !== trailerPayload) {
    throw new S3Failure("NotImplemented", `This store does not take payloads signed chunk by chunk (${payloadHash}).`);
  }
  checkLength(headers);
  const decoder = payloadHash === trailerPayload ? new AwsChunkedDecoder() : undefined;
  const meter = new Meter(wantedDigests(headers));
  const target = await open(file, "w", 0o600);
  try {
    const save = (chunks: AsyncIterable<Buffer>) => write(chunks, target, meter);
    await (decoder ? pipeline(content, decoder, save) : pipeline(content, save));
    meter.end();
    check(meter, headers, decoder?.trailers ?? new Map());
    await syncFile(target);
  } finally {
    await target.close();
  }
  return { size: meter.size, md5: meter.digest("md5", "hex") ?? "" };
}

/** Checks what can fail before the body arrives. */
function checkLength(headers: IncomingHttpHeaders): void {
  const length = Number(headers["x-amz-decoded-content-length"] ?? headers["content-length"] ?? 0);
  if (length > maxBodyBytes) {
    throw tooLarge();
  }
}

function tooLarge(): S3Failure {
  return new S3Failure("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.", {
    elements: { MaxSizeAllowed: maxBodyBytes },
  });
}

/** Receives a body into a file, and removes the file if anything is wrong with the body. */
export async function receiveWhole(content: Readable, file: string): Promise<Received> {
  try {
    return await receive(content, content instanceof IncomingMessage ? content.headers : {}, file);
  } catch (error) {
    await rm(file, { force: true });
    // A body that is not read to its end is incomplete as well.
    const hungUp =
      content instanceof IncomingMessage && !content.complete && !isNoSpace(error) && !(error instanceof S3Failure);
    throw hungUp ? new S3Failure("IncompleteBody", "The connection ended before the body did.") : error;
  }
}

/** Writes large pieces. A body arrives in small ones, and writing each would take longer than hashing it. */
async function write(chunks: AsyncIterable<Buffer>, target: FileHandle, meter: Meter): Promise<void> {
  const gathered = Buffer.allocUnsafeSlow(gatheredBytes);
  let filled = 0;
  // Unlike `write`, writes everything.
  const flush = () => target.writeFile(gathered.subarray(0, filled));
  for await (const chunk of chunks) {
    meter.add(chunk);
    if (meter.size > maxBodyBytes) {
      throw tooLarge();
    }
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(gathered, filled, at);
      at += copied;
      filled += copied;
      if (filled === gathered.length) {
        await flush();
        filled = 0;
      }
    }
  }
  await flush();
}

type Digest = "md5" | "sha1" | "sha256" | "crc32";

/** Computes the size, the MD5 and the other required digests of a body. */
class Meter {
  size = 0;
  #crc32 = 0;
  readonly #hashes = new Map<Digest, Hash>();
  readonly #digests = new Map<Digest, Buffer>();

  constructor(readonly wanted: ReadonlySet<Digest>) {
    for (const name of wanted) {
      if (name !== "crc32") {
        this.#hashes.set(name, createHash(name));
      }
    }
  }

  add(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.wanted.has("crc32")) {
      this.#crc32 = crc32(chunk, this.#crc32);
    }
    for (const hash of this.#hashes.values()) {
      hash.update(chunk);
    }
  }

  end(): void {
    for (const [name, hash] of this.#hashes) {
      this.#digests.set(name, hash.digest());
    }
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(this.#crc32);
    this.#digests.set("crc32", checksum);
  }

  /** The digest of all added data. Only after the end, and only for required digests. */
  digest(name: Digest, encoding: "hex" | "base64"): string | undefined {
    return this.#digests.get(name)?.toString(encoding);
  }
}

/** The digests needed to check the client's claims. The ETag always needs MD5. */
function wantedDigests(headers: IncomingHttpHeaders): Set<Digest> {
  const wanted = new Set<Digest>(["md5"]);
  if (isPayloadHash(headers["x-amz-content-sha256"])) {
    wanted.add("sha256");
  }
  for (const name of checksums) {
    const header = `x-amz-checksum-${name}`;
    if (header in headers || String(headers["x-amz-trailer"]).toLowerCase().includes(header)) {
      wanted.add(name);
    }
  }
  return wanted;
}

/** Whether a header `x-amz-content-sha256` holds a hash rather than a way of sending the body. */
export function isPayloadHash(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{64}$/i.test(text);
}

function check(meter: Meter, headers: IncomingHttpHeaders, trailers: ReadonlyMap<string, string>): void {
  const said = (name: string): string | undefined => {
    const value = trailers.get(name) ?? headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const payloadHash = said("x-amz-content-sha256");
  if (isPayloadHash(payloadHash) && payloadHash.toLowerCase() !== meter.digest("sha256", "hex")) {
    throw new S3Failure(
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const length = said("x-amz-decoded-content-length");
  if (length !== undefined && Number(length) !== meter.size) {
    throw new S3Failure("IncompleteBody", `The body has ${meter.size} bytes, not ${length}.`);
  }
  const contentMd5 = said("content-md5");
  if (contentMd5 !== undefined && !/^[A-Za-z0-9+/]{22}==$/.test(contentMd5)) {
    throw new S3Failure("InvalidDigest", "The Content-MD5 you specified is not valid.");
  }
  if (contentMd5 !== undefined && contentMd5 !== meter.digest("md5", "base64")) {
    throw new S3Failure("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  for (const name of checksums) {
    const checksum = said(`x-amz-checksum-${name}`);
    if (checksum !== undefined && checksum !== meter.digest(name, "base64")) {
      throw new S3Failure(
        "BadDigest",
        `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
  }
}
