import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { inOrder } from "../bytes/stream";
import { type Compressor, compressFile, namelessFile } from "../bzip2/compress";
import { type Part, readPart } from "../bzip2/part";
import { Splicer } from "../bzip2/splice";
import type { BlockCache } from "./block-cache";

/**
 * Largest number of bytes of a chunk: eight blocks of level 9 (900,000 bytes minus 19, which bzip2 keeps free), so that no
 * chunk ends in a block of a few bytes. Twice as much saves no processor time and leaves a core idle for longer at the end.
 */
export const chunkSize = 8 * (900_000 - 19);

/** Largest number of programs at a time, so that {@link ahead} limits the memory. */
const mostPrograms = 12;
/** One more than there are cores: while one program starts or ends, the others use the cores. */
const programs = Math.min(availableParallelism() + 1, mostPrograms);
/** Shared by all archives that are made at the same time. */
const limit = pLimit(programs);
/** Number of chunks read before the first of them is done: enough to keep all programs busy. */
const ahead = programs + 2;

/** Bytes to compress. */
export interface Piece {
  readonly bytes: Buffer;
  /** SHA-256 in hex, for bytes that are worth caching. */
  readonly digest?: string;
}

/** The result for a piece. */
export interface PackedPiece {
  readonly cached: boolean;
}

export interface PackOptions<P extends Piece> {
  readonly compressor: Compressor;
  readonly cache: BlockCache | undefined;
  readonly signal: AbortSignal;
  /** Called for each piece, in order, right before its blocks are streamed. */
  readonly onPiece: (piece: Omit<P, "bytes">, packed: PackedPiece) => void;
  /** Receives a piece's bytes as soon as they are no longer needed, long before they are compressed. */
  readonly release: (bytes: Buffer) => void;
}

/**
 * Compresses pieces into one standard bzip2 stream. Each piece gets its own program, and as many run at a time as there are
 * cores. Cached pieces come from the cache. When the stream ends early, no program is left.
 */
export async function* packed<P extends Piece>(
  pieces: AsyncIterable<P>,
  { compressor, cache, signal, onPiece, release }: PackOptions<P>,
): AsyncGenerator<Buffer> {
  /**
   * Writes the bytes to a file right away and then waits for its turn, so that plain bytes fill the disk cache instead of
   * this process.
   */
  async function compressed(bytes: Buffer): Promise<Part> {
    const input = await namelessFile(bytes);
    release(bytes);
    return limit(async () => readPart(await compressFile(input, compressor, signal)));
  }

  async function work({ bytes, ...piece }: P) {
    if (cache === undefined || piece.digest === undefined)
      return { piece, part: await compressed(bytes), cached: false };
    const key = cache.key(piece.digest, compressor.level);
    const known = await cache.get(key);
    if (known !== undefined) {
      release(bytes);
      return { piece, part: known, cached: true };
    }
    const part = await compressed(bytes);
    await cache.put(key, part);
    return { piece, part, cached: false };
  }

  const splicer = new Splicer();
  yield splicer.start();
  for await (const { piece, part, cached } of inOrder(pieces, work, ahead)) {
    onPiece(piece, { cached });
    yield splicer.add(part);
  }
  yield splicer.end();
  await cache?.trim();
}
