import { crc32 } from "node:zlib";
import { headerBits, type Part, trailerBits } from "../bzip2/part";

/**
 * How compressed blocks are kept in a file: what is known of them, a checksum of that and of the blocks, the blocks. A CRC-32 and
 * no cryptographic hash: it guards against damage (who can write to the folder can do worse), and takes no time.
 */

/** Numbers of 32 bits, little-endian: the checksum of all that follows, bits, blocks, the blocks' folded CRC. */
const headerLength = 16;

/** Bytes before the blocks: the file's header and bzip2's. */
export const bytesBefore = headerLength + headerBits / 8;
/** Bytes after blocks that fill whole bytes. */
export const bytesAfter = trailerBits / 8;

/** The content of the file, in pieces. */
export function toKeep({ bytes, bits, blocks, crc }: Part): readonly Buffer[] {
  const header = Buffer.alloc(headerLength);
  header.writeUInt32LE(bits, 4);
  header.writeUInt32LE(blocks, 8);
  header.writeUInt32LE(crc, 12);
  header.writeUInt32LE(crc32(bytes, crc32(header.subarray(4))), 0);
  return [header, bytes];
}

/** Undefined for a file that is not as it was written. */
export function readKept(file: Buffer): Part | undefined {
  if (file.length <= headerLength) return undefined;
  if (crc32(file.subarray(4)) !== file.readUInt32LE(0)) return undefined;
  const bytes = file.subarray(headerLength);
  const [bits, blocks, crc] = [file.readUInt32LE(4), file.readUInt32LE(8), file.readUInt32LE(12)];
  const level = (bytes[3] ?? 0) - 0x30;
  return headerBits + bits > bytes.length * 8 ? undefined : { bytes, level, bits, blocks, crc };
}

/** Whether this is a file as it was written, read in three pieces, of which the middle one is all blocks and nothing else. */
export function areBlocks(before: Buffer, blocks: Buffer, after: Buffer): boolean {
  const checksum = [before.subarray(4), blocks, after].reduce((sum, piece) => crc32(piece, sum), 0);
  return checksum === before.readUInt32LE(0) && before.readUInt32LE(4) === blocks.length * 8;
}
