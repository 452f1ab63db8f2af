import { createHash, type Hash } from "node:crypto";
import type { BufferPool } from "../bytes/buffer-pool";
import type { ByteSource } from "../bytes/byte-source";
import { isPacked } from "../docker/layer-compression";

/**
 * Cuts the archive that `docker save` writes at its layer boundaries. Supports both layouts: a folder for each layer
 * (`<id>/layer.tar`, Docker before 25) and OCI's (`blobs/sha256/<digest>`). Each layer is cut into chunks from its first
 * byte on, so the same layer gives the same chunks in every archive. The bytes between layers (headers, manifests) become
 * chunks of their own. Joined, the chunks are the archive byte for byte, even if this reader does not understand it.
 */

/** A layer's file in the archive. */
export interface Layer {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** True when it arrives compressed (gzip or zstd), as from the containerd image store. */
  readonly packed: boolean;
}

export interface Chunk {
  readonly bytes: Buffer;
  /** The layer of this chunk; the same object for all chunks of a layer. */
  readonly layer: Layer | undefined;
  /** SHA-256 of a layer's chunk in hex, if requested. */
  readonly digest?: string;
}

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

/** `slabs` provide the chunks' memory and set the largest size of a chunk. The receiver of a chunk returns its bytes. */
export async function* cutArchive(
  source: ByteSource,
  slabs: BufferPool,
  { hash = false }: CutOptions = {},
): AsyncGenerator<Chunk> {
  const bytes = new Bytes(source, slabs);
  const between = new Between(slabs);
  /** What an extension header says about the next entry, such as a size of 8 GiB or more. */
  let told: Records = {};
  for (;;) {
    const header = await bytes.take(block);
    if (header.length === 0) break;
    yield* between.add(header);
    const entry = readHeader(header);
    if (entry === "zeros") continue;
    if (entry === "unknown") {
      for await (const rest of bytes.chunks(Number.POSITIVE_INFINITY)) yield* between.add(rest.bytes);
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
    if (entry.type === "file") told = {};
    if (entry.type === "file" && size >= smallestLayer && layerName.test(name)) {
      yield* between.flush();
      yield* layerChunks(bytes, name, size, hash);
      yield* between.add(await bytes.take(padding));
    } else {
      for await (const body of bytes.chunks(size + padding)) yield* between.add(body.bytes);
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
  if (header.length < block) return "unknown";
  if (header.every((byte) => byte === 0)) return "zeros";
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const size = readNumber(header.subarray(124, 136));
  if (readNumber(header.subarray(148, 156)) !== sum || size === undefined) return "unknown";
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
  if (digits === "") return 0;
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

/** Collects in one slab the bytes between two layers. */
class Between {
  readonly #slabs: BufferPool;
  #slab: Buffer | undefined;
  #length = 0;

  constructor(slabs: BufferPool) {
    this.#slabs = slabs;
  }

  /** Takes ownership of the bytes. */
  *add(bytes: Buffer): Generator<Chunk> {
    if (this.#length + bytes.length > this.#slabs.size) yield* this.flush();
    if (bytes.length > this.#slabs.size) {
      yield { bytes, layer: undefined };
      return;
    }
    this.#slab ??= this.#slabs.take(this.#slabs.size);
    this.#length += bytes.copy(this.#slab, this.#length);
    this.#slabs.give(bytes);
  }

  *flush(): Generator<Chunk> {
    if (this.#slab !== undefined) yield { bytes: this.#slab.subarray(0, this.#length), layer: undefined };
    this.#slab = undefined;
    this.#length = 0;
  }
}

/** Reads a given number of bytes at a time. */
class Bytes {
  readonly #source: ByteSource;
  readonly #slabs: BufferPool;

  constructor(source: ByteSource, slabs: BufferPool) {
    this.#source = source;
    this.#slabs = slabs;
  }

  /** Returns them in memory of their own. Fewer bytes mean that the source has ended. */
  async take(length: number): Promise<Buffer> {
    return this.#fill(Buffer.allocUnsafe(length));
  }

  /** Each chunk has a slab of its own and fills it, except the last. */
  async *chunks(length: number, hash = false): AsyncGenerator<Pick<Chunk, "bytes" | "digest">> {
    for (let left = length; left > 0; ) {
      const slab = this.#slabs.take(Math.min(left, this.#slabs.size));
      const digest = hash ? createHash("sha256") : undefined;
      const piece = await this.#fill(slab, digest);
      if (piece.length === 0) {
        this.#slabs.give(slab);
        return;
      }
      yield digest === undefined ? { bytes: piece } : { bytes: piece, digest: digest.digest("hex") };
      left -= piece.length;
    }
  }

  /** Hashes in small steps: recently read bytes are still in the processor's cache, and more can arrive in the meantime. */
  async #fill(target: Buffer, digest?: Hash): Promise<Buffer> {
    if (digest === undefined) return target.subarray(0, await this.#source.read(target));
    let filled = 0;
    while (filled < target.length) {
      const step = target.subarray(filled, filled + hashedAtOnce);
      const read = await this.#source.read(step);
      digest.update(step.subarray(0, read));
      filled += read;
      if (read < step.length) break;
    }
    return target.subarray(0, filled);
  }
}
