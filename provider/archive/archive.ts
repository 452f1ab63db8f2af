import { addAbortSignal } from "node:stream";
import { finished } from "node:stream/promises";
import { BufferPool } from "../bytes/buffer-pool";
import { type Output, readingOfOutput } from "../bytes/process";
import { readableOf } from "../bytes/stream";
import { type Compressor, compressor } from "../bzip2/compress";
import type { Docker } from "../docker/cli";
import type { BlockCache } from "./block-cache";
import { chunkSize, packed } from "./compress-layers";
import { cutArchive } from "./cut-layers";
import { LayerCount, type LayersPacked } from "./layer-summary";

/** How an image's archive is compressed. `none` makes a larger upload and uses no processor time. */
export type Compression = "bzip2" | "none";

/** The file name extension, as in the vendor's own example (`docker save … | bzip2 > ….tar.bz2`). */
export const archiveSuffix: Readonly<Record<Compression, string>> = { bzip2: ".tar.bz2", none: ".tar" };

export interface ArchiveOptions {
  /** The source of the plain archive: Docker, or a builder that streams the image. */
  readonly docker: Pick<Docker, "save"> & Partial<Pick<Docker, "readSaved">>;
  readonly ref: string;
  readonly compression: Compression;
  /** Where compressed layers are kept for the next release. Default: nowhere. */
  readonly cache?: BlockCache | undefined;
  /** Default: the best one on PATH. */
  readonly compressor?: Compressor;
  readonly signal?: AbortSignal;
}

/** An archive being streamed. */
export interface Archive extends Output {
  /** What has been counted of the layers so far; complete once the stream has ended. All zeros when nothing is compressed. */
  readonly layers: () => LayersPacked;
}

/**
 * `docker save` as one stream, compressed on all cores with a cache for each layer (docs/archive.md). Uses no temporary
 * file, and its memory does not grow with the image. Any error fails the stream. Destroying the stream, or the signal, ends
 * every process behind it. Throws {@link CompressorNotFoundError} before anything is started.
 */
export async function archiveImage(options: ArchiveOptions): Promise<Archive> {
  const { docker, ref, compression, cache, signal } = options;
  const count = new LayerCount();
  const layers = () => count.read();
  if (compression === "none") return { ...docker.save(ref, signal), layers };
  const program = options.compressor ?? (await compressor());
  const over = new AbortController();
  const saved = (await docker.readSaved?.(ref)) ?? readingOfOutput(docker.save(ref));
  const slabs = new BufferPool(chunkSize);
  const packs = packed(cutArchive(saved, slabs, { hash: cache !== undefined }), {
    compressor: program,
    cache,
    signal: over.signal,
    onPiece: ({ layer }, { cached }) => count.add(layer, cached),
    release: (bytes) => slabs.give(bytes),
  });
  const stream = readableOf(packs, () => {
    over.abort();
    saved.stop();
  });
  if (signal !== undefined) addAbortSignal(signal, stream);
  return { stream, done: allDone(stream, saved.done), layers };
}

/** Waits for everything, so that no process is left when this settles; rejects with the stream's error. */
function allDone(stream: Archive["stream"], saved: Promise<void>): Promise<void> {
  const done = (async () => {
    const [packed] = await Promise.allSettled([finished(stream, { writable: false }), saved]);
    if (packed.status === "rejected") throw packed.reason;
  })();
  // The stream reports the same error.
  done.catch(() => undefined);
  return done;
}
