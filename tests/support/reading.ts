import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { readingOfOutput } from "../../provider/bytes/process";
import type { ByteSource, Reading } from "../../provider/bytes/reading";

/** A stream as the provider reads it. */
export function reading(stream: Readable): Reading {
  const done = finished(stream, { writable: false });
  // The reads fail with the same error.
  done.catch(() => undefined);
  return readingOfOutput({ stream, done });
}

/** All bytes of a source, a piece at a time. */
export async function* piecesOf(source: ByteSource, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (;;) {
    const memory = Buffer.alloc(size);
    const bytes = memory.subarray(0, await source.read(memory));
    if (bytes.length > 0) yield bytes;
    if (bytes.length < size) return;
  }
}
