import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { inOrder } from "../bytes/stream";
import { type Compressor, compressFile, namelessFile } from "../bzip2/compress";
import { type Part, readPart } from "../bzip2/part";
import { Splicer } from "../bzip2/splice";
import type { BlockCache } from "./block-cache";
import type { Chunk, PackedChunk } from "./chunk";

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

export interface PackOptions {
  readonly compressor: Compressor;
  readonly cache: BlockCache | undefined;
  readonly signal: AbortSignal;
}

/**
 * Compresses pieces into one standard bzip2 stream. Each piece gets its own program, and as many run at a time as there are
 * cores. Cached pieces come from the cache. Releases a piece long before it is compressed. When the stream ends early, no
 * program is left.
 */
export async function* packed(
  pieces: AsyncIterable<Chunk>,
  { compressor, cache, signal }: PackOptions,
): AsyncGenerator<PackedChunk> {
  /**
   * Writes the bytes to a file right away and then waits for its turn, so that plain bytes fill the disk cache instead of
   * this process.
   */
  async function compressed({ bytes, release }: Chunk): Promise<Part> {
    const input = await namelessFile(bytes);
    release();
    return limit(async () => readPart(await compressFile(input, compressor, signal)));
  }

  async function fromCacheOrNew(piece: Chunk): Promise<{ part: Part; cached: boolean }> {
    if (cache === undefined || piece.digest === undefined) {
      return { part: await compressed(piece), cached: false };
    }
    const key = cache.key(piece.digest, compressor.level);
    const known = await cache.get(key);
    if (known !== undefined) {
      piece.release();
      return { part: known, cached: true };
    }
    const part = await compressed(piece);
    await cache.put(key, part);
    return { part, cached: false };
  }

  async function work(piece: Chunk) {
    const { layer } = piece;
    return { ...(layer === undefined ? {} : { layer }), ...(await fromCacheOrNew(piece)) };
  }

  const splicer = new Splicer();
  yield { bytes: splicer.start(), cached: false };
  for await (const { part, ...known } of inOrder(pieces, work, ahead)) {
    yield { bytes: splicer.add(part), ...known };
  }
  yield { bytes: splicer.end(), cached: false };
  await cache?.trim();
}
