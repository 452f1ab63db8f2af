import type { Readable } from "node:stream";

/** Reads data from outside into memory, up to a limit. */

export interface Bytes {
  readonly bytes: Buffer;
  /** False when there was more, which was not read. */
  readonly isWhole: boolean;
}

/** Reads a stream to its end, or destroys it once it has given more than `most` bytes. `onChunk` is called for each chunk. */
export async function readBytes(stream: Readable, most: number, onChunk?: () => void): Promise<Bytes> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    const piece = Buffer.from(chunk);
    onChunk?.();
    chunks.push(piece.subarray(0, most - bytes));
    bytes += piece.length;
    if (bytes > most) {
      return { bytes: Buffer.concat(chunks), isWhole: false };
    }
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}

/** The same as text, without a byte order mark. */
export async function readText(
  stream: Readable,
  most: number,
  onChunk?: () => void,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const { bytes, isWhole } = await readBytes(stream, most, onChunk);
  return { text: new TextDecoder().decode(bytes), isWhole };
}
