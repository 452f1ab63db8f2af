import { crc32 } from "node:zlib";
import { headerBits, type Part } from "../bzip2/part";

/**
 * The file format for compressed blocks: their metadata, a checksum of metadata and blocks, then the blocks. The checksum is
 * a CRC-32 and not a cryptographic hash: it guards against damage (anyone who can write to the folder can do worse), and is
 * fast.
 */

/** 32-bit numbers, little-endian: the checksum of all that follows, bits, blocks, the blocks' combined CRC. */
const headerLength = 16;

/** The content of the file, in pieces. */
export function toKeep({ bytes, bits, blocks, crc }: Part): readonly Buffer[] {
  const header = Buffer.alloc(headerLength);
  header.writeUInt32LE(bits, 4);
  header.writeUInt32LE(blocks, 8);
  header.writeUInt32LE(crc, 12);
  header.writeUInt32LE(crc32(bytes, crc32(header.subarray(4))), 0);
  return [header, bytes];
}

/** Undefined when the file differs from what was written. */
export function readKept(file: Buffer): Part | undefined {
  if (file.length <= headerLength) {
    return undefined;
  }
  if (crc32(file.subarray(4)) !== file.readUInt32LE(0)) {
    return undefined;
  }
  const bytes = file.subarray(headerLength);
  const [bits, blocks, crc] = [file.readUInt32LE(4), file.readUInt32LE(8), file.readUInt32LE(12)];
  const level = (bytes[3] ?? 0) - 0x30;
  return headerBits + bits > bytes.length * 8 ? undefined : { bytes, level, bits, blocks, crc };
}
