import { createHash, type Hash } from "node:crypto";
import type { BufferPool, Lent } from "../bytes/buffer-pool";
import type { ByteSource } from "../bytes/reading";
import { isPacked } from "../docker/layer-compression";
import type { Chunk, Layer } from "./chunk";

/**
 * Cuts the archive that `docker save` writes at its layer boundaries. Supports both layouts: a folder for each layer
 * (`<id>/layer.tar`, Docker before 25) and OCI's (`blobs/sha256/<digest>`). Each layer is cut into chunks from its first
 * byte on, so the same layer gives the same chunks in every archive. The bytes between layers (headers, manifests) become
 * chunks of their own. Joined, the chunks are the archive byte for byte, even if this reader does not understand it.
 */

export interface CutOptions {
  /**
   * Whether to hash the chunks of layers. They are hashed while they are read, so that the archive's writer does not have to
   * wait.
   */
  readonly hash?: boolean;
}

/** Smallest size in bytes of a layer that is cut; smaller ones stay part of the bytes between layers. */
export const smallestLayer = 64 * 1024;

/** In bytes; about what a pipe holds. */
const hashedAtOnce = 128 * 1024;
const block = 512;
/** In bytes; a pax header has a few lines. */
const largestRecords = 1024 * 1024;
const layerName = /^(?:[0-9a-f]{64}\/layer\.tar|blobs\/sha256\/[0-9a-f]{64})$/;

/** `memory` is lent to the chunks and sets the largest size of a chunk. The receiver of a chunk releases it. */
export async function* cutArchive(
  source: ByteSource,
  memory: BufferPool,
  { hash = false }: CutOptions = {},
): AsyncGenerator<Chunk> {
  const bytes = new Bytes(source, memory);
  const between = new Between(memory);
  /** What an extension header says about the next entry, such as a size of 8 GiB or more. */
  let told: Records = {};
  for (;;) {
    const header = await bytes.take(block);
    if (header.length === 0) {
      break;
    }
    yield* between.add(header);
    const entry = readHeader(header);
    if (entry === "zeros") {
      continue;
    }
    if (entry === "unknown") {
      for await (const rest of bytes.chunks(Number.POSITIVE_INFINITY)) {
        yield* between.add(rest.bytes, rest.release);
      }
      break;
    }
    const { name, size } = entry.type === "file" ? { ...entry, ...told } : entry;
    const padding = (block - (size % block)) % block;
    if (entry.type === "records") {
      const records = await bytes.take(size + padding);
      told = readRecords(records.subarray(0, size));
      yield* between.add(records);
      continue;
    }
    if (entry.type === "file") {
      told = {};
    }
    if (entry.type === "file" && size >= smallestLayer && layerName.test(name)) {
      yield* between.flush();
      yield* layerChunks(bytes, name, size, hash);
      yield* between.add(await bytes.take(padding));
    } else {
      for await (const body of bytes.chunks(size + padding)) {
        yield* between.add(body.bytes, body.release);
      }
    }
  }
  yield* between.flush();
}

async function* layerChunks(bytes: Bytes, name: string, size: number, hash: boolean): AsyncGenerator<Chunk> {
  let layer: Layer | undefined;
  for await (const piece of bytes.chunks(size, hash)) {
    layer ??= { name, size, packed: isPacked(piece.bytes) };
    yield { ...piece, layer };
  }
}

type Entry = { readonly name: string; readonly size: number; readonly type: "file" | "records" | "other" };

/** Reads a header block (POSIX ustar, with GNU's binary numbers). `unknown` means that it is not a header. */
function readHeader(header: Buffer): Entry | "zeros" | "unknown" {
  if (header.length < block) {
    return "unknown";
  }
  if (header.every((byte) => byte === 0)) {
    return "zeros";
  }
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const size = readNumber(header.subarray(124, 136));
  if (readNumber(header.subarray(148, 156)) !== sum || size === undefined) {
    return "unknown";
  }
  const kind = header[156] ?? 0;
  const type = kind === 0 || kind === 0x30 ? "file" : kind === 0x78 && size <= largestRecords ? "records" : "other";
  // Links and folders have no content, even if their header gives a size.
  const hasContent = !(kind >= 0x31 && kind <= 0x36);
  return { name: text(header.subarray(0, 100)), size: hasContent ? size : 0, type };
}

function readNumber(field: Buffer): number | undefined {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.reduce((sum, byte, i) => sum * 256 + (i === 0 ? byte & 0x7f : byte), 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = text(field).trim();
  if (digits === "") {
    return 0;
  }
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("latin1", 0, end < 0 ? field.length : end);
}

interface Records {
  readonly name?: string;
  readonly size?: number;
}

/** A pax header's records (`20 size=9663676416\n`), limited to where the next entry ends and whether it is a layer. */
function readRecords(records: Buffer): Records {
  const value = (key: string) => new RegExp(`(?:^|\n)\\d+ ${key}=(.*)\n`).exec(records.toString("latin1"))?.[1];
  const [name, size] = [value("path"), value("size")];
  return {
    ...(name === undefined ? {} : { name }),
    ...(size === undefined || !/^\d+$/.test(size) ? {} : { size: Number(size) }),
  };
}

/** Collects in one chunk the bytes between two layers. */
class Between {
  readonly #memory: BufferPool;
  #lent: Lent | undefined;
  #length = 0;

  constructor(memory: BufferPool) {
    this.#memory = memory;
  }

  /** Copies the bytes and releases them, or passes them on if they are too many for a chunk. */
  *add(bytes: Buffer, release: () => void = () => undefined): Generator<Chunk> {
    if (this.#length + bytes.length > this.#memory.size) {
      yield* this.flush();
    }
    if (bytes.length > this.#memory.size) {
      yield { bytes, release };
      return;
    }
    this.#lent ??= this.#memory.take(this.#memory.size);
    this.#length += bytes.copy(this.#lent.bytes, this.#length);
    release();
  }

  *flush(): Generator<Chunk> {
    const lent = this.#lent;
    if (lent !== undefined) {
      yield { bytes: lent.bytes.subarray(0, this.#length), release: lent.giveBack };
    }
    this.#lent = undefined;
    this.#length = 0;
  }
}

/** Reads a given number of bytes at a time. */
class Bytes {
  readonly #source: ByteSource;
  readonly #memory: BufferPool;

  constructor(source: ByteSource, memory: BufferPool) {
    this.#source = source;
    this.#memory = memory;
  }

  /** Returns them in memory of their own. Fewer bytes mean that the source has ended. */
  async take(length: number): Promise<Buffer> {
    return this.#fill(Buffer.allocUnsafe(length));
  }

  /** Each chunk has memory of its own and fills it, except the last. */
  async *chunks(length: number, hash = false): AsyncGenerator<Chunk> {
    for (let left = length; left > 0; ) {
      const lent = this.#memory.take(Math.min(left, this.#memory.size));
      const digest = hash ? createHash("sha256") : undefined;
      const bytes = await this.#fill(lent.bytes, digest);
      if (bytes.length === 0) {
        lent.giveBack();
        return;
      }
      yield {
        bytes,
        release: lent.giveBack,
        ...(digest === undefined ? {} : { digest: digest.digest("hex") }),
      };
      left -= bytes.length;
    }
  }

  /** Hashes in small steps: recently read bytes are still in the processor's cache, and more can arrive in the meantime. */
  async #fill(target: Buffer, digest?: Hash): Promise<Buffer> {
    if (digest === undefined) {
      return target.subarray(0, await this.#source.read(target));
    }
    let filled = 0;
    while (filled < target.length) {
      const step = target.subarray(filled, filled + hashedAtOnce);
      const read = await this.#source.read(step);
      digest.update(step.subarray(0, read));
      filled += read;
      if (read < step.length) {
        break;
      }
    }
    return target.subarray(0, filled);
  }
}
