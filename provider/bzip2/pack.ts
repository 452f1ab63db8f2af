import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { inOrder } from "../stream";
import type { BlockCache } from "./block-cache";
import { type Compressor, compress, level } from "./compress";
import { type Part, readPart } from "./part";
import { Splicer } from "./splice";

/**
 * Bytes of a chunk at most: eight blocks of level 9 (900,000 bytes less 19, which bzip2 keeps free), so that no chunk ends in a
 * block of a few bytes. Half of it costs 7 % more processor time
 * for starting programs (measured with lbzip2); twice of it, memory.
 */
export const chunkSize = 8 * (900_000 - 19);

/** Programs at a time at most, so that {@link ahead} bounds the memory. */
const mostPrograms = 12;
/** One more than there are cores: while one is started or ends, the others use them. */
const programs = Math.min(availableParallelism() + 1, mostPrograms);
/** Chunks that are read before the first of them is done: enough to keep all programs at work. */
const ahead = programs + 2;

/** Something to compress. `keep`: worth a place in the cache. */
export interface Piece {
  readonly bytes: Buffer;
  readonly keep: boolean;
}

export interface PackOptions {
  readonly compressor: Compressor;
  readonly cache: BlockCache | undefined;
  readonly signal: AbortSignal;
}

/**
 * Compresses pieces, each by a program of its own and as many at a time as there are cores, into one standard bzip2 stream.
 * What the cache has is taken from there; `onPiece` is told of each piece, in order. When it ends early, no program is left.
 */
export async function* packed<P extends Piece>(
  pieces: AsyncIterable<P>,
  { compressor, cache, signal }: PackOptions,
  onPiece: (piece: P, cached: boolean) => void,
): AsyncGenerator<Buffer> {
  const limit = pLimit(programs);
  const compressed = (bytes: Buffer) => limit(async () => readPart(await compress(bytes, compressor, signal)));

  async function work(piece: P): Promise<{ piece: P; part: Part; cached: boolean }> {
    if (cache === undefined || !piece.keep) return { piece, part: await compressed(piece.bytes), cached: false };
    const key = await cache.key(piece.bytes, level);
    const known = await cache.get(key);
    if (known !== undefined) return { piece, part: known, cached: true };
    const part = await compressed(piece.bytes);
    await cache.put(key, part);
    return { piece, part, cached: false };
  }

  const splicer = new Splicer(level);
  yield splicer.start();
  for await (const { piece, part, cached } of inOrder(pieces, work, ahead)) {
    onPiece(piece, cached);
    yield splicer.add(part);
  }
  yield splicer.end();
  await cache?.trim();
}
