import { BufferPool } from "../bytes/buffer-pool";
import { type Reading, readingOfChunks, stopOnAbort } from "../bytes/reading";
import { type Compressor, compressor } from "../bzip2/compress";
import type { Docker } from "../docker/cli";
import type { BlockCache } from "./block-cache";
import { chunkSize, packed } from "./compress-layers";
import { cutArchive } from "./cut-layers";
import { LayerCount, type LayersPacked } from "./layer-summary";

/** How an image's archive is compressed. `none` makes a larger upload and uses no processor time. */
export type Compression = "bzip2" | "none";

export interface ArchiveOptions {
  /** The source of the plain archive: Docker, or a builder that streams the image. */
  readonly docker: Pick<Docker, "readSaved">;
  readonly ref: string;
  readonly compression: Compression;
  /** Where compressed layers are kept for the next release. Default: nowhere. */
  readonly cache?: BlockCache | undefined;
  /** Default: the best one on PATH. */
  readonly compressor?: Compressor;
  readonly signal?: AbortSignal;
}

/** An archive that is read while it is made. Stopping it ends every process behind it. */
export interface Archive extends Reading {
  /** What has been counted of the layers so far; complete once everything was read. All zeros when nothing is compressed. */
  readonly layers: () => LayersPacked;
}

/**
 * `docker save`, compressed on all cores with a cache for each layer (docs/archive.md). Uses no temporary file, and its
 * memory does not grow with the image. Any error fails a read. The signal stops it. Throws {@link CompressorNotFoundError}
 * before anything is started.
 */
export async function archiveImage(options: ArchiveOptions): Promise<Archive> {
  const program = options.compression === "none" ? undefined : (options.compressor ?? (await compressor()));
  const saved = await options.docker.readSaved(options.ref);
  const count = new LayerCount();
  const reading = program === undefined ? saved : compressed(saved, program, options.cache, count);
  stopOnAbort(reading, options.signal);
  return { ...reading, layers: () => count.read() };
}

function compressed(saved: Reading, compressor: Compressor, cache: BlockCache | undefined, count: LayerCount): Reading {
  const over = new AbortController();
  async function* bytes(): AsyncGenerator<Buffer> {
    const chunks = cutArchive(saved, new BufferPool(chunkSize), { hash: cache !== undefined });
    for await (const { bytes, layer, cached } of packed(chunks, { compressor, cache, signal: over.signal })) {
      count.add(layer, cached);
      yield bytes;
    }
  }
  const reading = readingOfChunks(bytes(), () => {
    over.abort();
    saved.stop();
  });
  return { ...reading, done: bothDone(reading.done, saved.done) };
}

/** Waits for both, so that no process is left when this settles; rejects with the first one's error. */
function bothDone(reading: Promise<void>, saved: Promise<void>): Promise<void> {
  const done = Promise.allSettled([reading, saved]).then(([read]) => {
    if (read.status === "rejected") {
      throw read.reason;
    }
  });
  // The reads fail with the same error.
  done.catch(() => undefined);
  return done;
}
