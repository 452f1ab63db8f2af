import { compress, compressor } from "../bzip2/compress";
import type { Docker } from "../docker";
import type { Output } from "../process";

/** How an image's archive is compressed. `none`: larger upload, no processor time. */
export type Compression = "bzip2" | "none";

/** What a file name ends with, after the vendor's own example (`docker save … | bzip2 > ….tar.bz2`). */
export const archiveSuffix: Readonly<Record<Compression, string>> = { bzip2: ".tar.bz2", none: ".tar" };

/**
 * `docker save`, compressed on all cores, as one stream: no temporary file, memory that does not grow with the image. An
 * error at any point of it fails the stream; destroying the stream, or the signal, ends every process behind it.
 * Throws {@link CompressorNotFoundError} before anything is started.
 */
export async function archiveImage(options: {
  readonly docker: Docker;
  readonly ref: string;
  readonly compression: Compression;
  readonly signal?: AbortSignal;
}): Promise<Output> {
  const { docker, ref, compression, signal } = options;
  if (compression === "none") return docker.save(ref, signal);
  const program = await compressor();
  const saved = docker.save(ref);
  const packed = compress(saved.stream, program, signal);
  const done = bothDone(packed.done, saved.done);
  return { stream: packed.stream, done };
}

/** Waits for both ends of the pipe, so that no process is left when this is settled; fails with the first one's error. */
function bothDone(packed: Promise<void>, saved: Promise<void>): Promise<void> {
  const done = (async () => {
    const [first, second] = await Promise.allSettled([packed, saved]);
    if (first.status === "rejected") throw first.reason;
    if (second.status === "rejected") throw second.reason;
  })();
  // The stream carries the same error.
  done.catch(() => undefined);
  return done;
}
