import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { inOrder } from "../bytes/stream";
import { type Compressor, compressFile, namelessFile } from "../bzip2/compress";
import { type Part, readPart } from "../bzip2/part";
import { Splicer } from "../bzip2/splice";
import type { BlockCache } from "./block-cache";

/**
 * Bytes of a chunk at most: eight blocks of level 9 (900,000 bytes less 19, which bzip2 keeps free), so that no chunk ends in a
 * block of a few bytes. Twice of it saves no processor time, and leaves a core without work for longer at the end.
 */
export const chunkSize = 8 * (900_000 - 19);

/** Programs at a time at most, so that {@link ahead} bounds the memory. */
const mostPrograms = 12;
/** One more than there are cores: while one is started or ends, the others use them. */
const programs = Math.min(availableParallelism() + 1, mostPrograms);
/** Of all archives that are made at the same time. */
const limit = pLimit(programs);
/** Chunks that are read before the first of them is done: enough to keep all programs at work. */
const ahead = programs + 2;

/** Something to compress. */
export interface Piece {
  readonly bytes: Buffer;
  /** SHA-256, hex, of what is worth a place in the cache. */
  readonly digest?: string;
}

/** What became of a piece. */
export interface PackedPiece {
  readonly cached: boolean;
  /** Where the cache has its blocks; undefined when it is not kept, or the stream has its blocks at other bits than the cache. */
  readonly key: string | undefined;
  /** What it adds to the stream. */
  readonly blocks: Buffer;
}

export interface PackOptions<P extends Piece> {
  readonly compressor: Compressor;
  readonly cache: BlockCache | undefined;
  readonly signal: AbortSignal;
  /** Told of each piece, in order, right before its blocks are given. */
  readonly onPiece: (piece: Omit<P, "bytes">, packed: PackedPiece) => void;
  /** Gets a piece's bytes back as soon as they are not needed any more: long before they are compressed. */
  readonly release: (bytes: Buffer) => void;
}

/**
 * Compresses pieces, each by a program of its own and as many at a time as there are cores, into one standard bzip2 stream.
 * What the cache has is taken from there. When it ends early, no program is left.
 */
export async function* packed<P extends Piece>(
  pieces: AsyncIterable<P>,
  { compressor, cache, signal, onPiece, release }: PackOptions<P>,
): AsyncGenerator<Buffer> {
  /** Writes the bytes to a file at once, and waits its turn after that: so plain bytes fill the disk's cache, and not this process. */
  async function compressed(bytes: Buffer): Promise<Part> {
    const input = await namelessFile(bytes);
    release(bytes);
    return limit(async () => readPart(await compressFile(input, compressor, signal)));
  }

  async function work({ bytes, ...piece }: P) {
    if (cache === undefined || piece.digest === undefined)
      return { piece, part: await compressed(bytes), cached: false, key: undefined };
    const key = cache.key(piece.digest, compressor.level);
    const known = await cache.get(key);
    if (known !== undefined) {
      release(bytes);
      return { piece, part: known, cached: true, key };
    }
    const part = await compressed(bytes);
    await cache.put(key, part);
    return { piece, part, cached: false, key };
  }

  const splicer = new Splicer();
  yield splicer.start();
  for await (const { piece, part, cached, key } of inOrder(pieces, work, ahead)) {
    const whole = splicer.endsInWholeByte;
    const blocks = splicer.add(part);
    onPiece(piece, { cached, key: whole && splicer.endsInWholeByte ? key : undefined, blocks });
    yield blocks;
  }
  yield splicer.end();
  await cache?.trim();
}
