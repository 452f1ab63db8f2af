import { addAbortSignal } from "node:stream";
import { finished } from "node:stream/promises";
import type { BlockCache } from "../bzip2/block-cache";
import { type Compressor, compressor } from "../bzip2/compress";
import { chunkSize, type Piece, packed } from "../bzip2/pack";
import type { Docker } from "../docker";
import { type Chunk, cutArchive } from "../docker/archive-layers";
import { type Output, readingOfOutput } from "../process";
import { Slabs } from "../slabs";
import { readableOf } from "../stream";
import { LayerCount, type LayersPacked } from "./archive-count";

/** How an image's archive is compressed. `none`: larger upload, no processor time. */
export type Compression = "bzip2" | "none";

/** What a file name ends with, after the vendor's own example (`docker save … | bzip2 > ….tar.bz2`). */
export const archiveSuffix: Readonly<Record<Compression, string>> = { bzip2: ".tar.bz2", none: ".tar" };

export interface ArchiveOptions {
  /** Gives the plain archive: Docker, or a builder from which the image comes. */
  readonly docker: Pick<Docker, "save"> & Partial<Pick<Docker, "readSaved">>;
  readonly ref: string;
  readonly compression: Compression;
  /** Where compressed layers are kept for the next release. Default: nowhere. */
  readonly cache?: BlockCache | undefined;
  /** Default: the best on PATH. */
  readonly compressor?: Compressor;
  readonly signal?: AbortSignal;
}

/** An archive on its way. */
export interface Archive extends Output {
  /** What became of the layers so far; whole once the stream has ended. All zeros where nothing is compressed. */
  readonly layers: () => LayersPacked;
}

/**
 * `docker save`, compressed on all cores and layer by layer remembered, as one stream (docs/archive.md): no temporary file,
 * memory that does not grow with the image. An error at any point of it fails the stream; destroying the stream, or the
 * signal, ends every process behind it. Throws {@link CompressorNotFoundError} before anything is started.
 */
export async function archiveImage(options: ArchiveOptions): Promise<Archive> {
  const { docker, ref, compression, cache, signal } = options;
  const count = new LayerCount();
  const layers = () => count.read();
  if (compression === "none") return { ...docker.save(ref, signal), layers };
  const program = options.compressor ?? (await compressor());
  const over = new AbortController();
  const saved = (await docker.readSaved?.(ref)) ?? readingOfOutput(docker.save(ref));
  const slabs = new Slabs(chunkSize);
  const packs = packed(pieces(cutArchive(saved, slabs)), {
    compressor: program,
    cache,
    signal: over.signal,
    onPiece: ({ layer }, cached) => count.add(layer, cached),
    release: (bytes) => slabs.give(bytes),
  });
  const stream = readableOf(packs, () => {
    over.abort();
    saved.stop();
  });
  if (signal !== undefined) addAbortSignal(signal, stream);
  return { stream, done: allDone(stream, saved.done), layers };
}

/** What stands between layers (headers, manifests) is a few kilobytes, and differs with each image. */
async function* pieces(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk & Piece> {
  for await (const chunk of chunks) yield { ...chunk, keep: chunk.layer !== undefined };
}

/** Waits for all of it, so that no process is left when this is settled; fails with the stream's error. */
function allDone(stream: Archive["stream"], saved: Promise<void>): Promise<void> {
  const done = (async () => {
    const [packed] = await Promise.allSettled([finished(stream, { writable: false }), saved]);
    if (packed.status === "rejected") throw packed.reason;
  })();
  // The stream carries the same error.
  done.catch(() => undefined);
  return done;
}
