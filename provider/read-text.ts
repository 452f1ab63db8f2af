import type { Readable } from "node:stream";

/** Reads what comes from outside into memory, up to a limit. */

export interface Text {
  /** Without a byte order mark. */
  readonly text: string;
  /** False: there was more, which is not read. */
  readonly isWhole: boolean;
}

/**
 * Reads a stream to its end, or until it has given more than `most` bytes; then it is destroyed. `onChunk` is called for each piece
 * that comes.
 */
export async function readText(stream: Readable, most: number, onChunk?: () => void): Promise<Text> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    const piece = Buffer.from(chunk);
    onChunk?.();
    chunks.push(piece.subarray(0, most - bytes));
    bytes += piece.length;
    if (bytes > most) return { text: decoded(chunks), isWhole: false };
  }
  return { text: decoded(chunks), isWhole: true };
}

function decoded(chunks: readonly Buffer[]): string {
  return new TextDecoder().decode(Buffer.concat(chunks));
}
