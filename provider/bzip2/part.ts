/**
 * A separate bzip2 stream, read as bits: a header of 4 bytes (`BZh` and the level), blocks that begin at any bit, and a
 * trailer (48-bit magic, 32-bit CRC of all blocks, zeros up to a whole byte). No official document describes the format;
 * this follows bzip2 1.0.8 (compress.c, decompress.c). Blocks have no length field, so this finds them by their magic.
 */

/** The bytes are not one complete bzip2 stream. */
export class PartError extends Error {
  override readonly name = "PartError";
}

/** A compressed part; its blocks begin at bit {@link headerBits} of `bytes`. */
export interface Part {
  readonly bytes: Buffer;
  /** 1 to 9: a block holds at most this times 100,000 bytes before compression. */
  readonly level: number;
  /** Number of bits of all blocks. */
  readonly bits: number;
  readonly blocks: number;
  /** The combined CRC of the blocks, as in the trailer. */
  readonly crc: number;
}

/** The two 24-bit halves of a 48-bit magic. */
type Magic = readonly [high: number, low: number];

export const headerBits = 32;
/** Pi and the square root of pi, in BCD. */
const blockMagic: Magic = [0x314159, 0x265359];
export const trailerMagic: Magic = [0x177245, 0x385090];
const trailerBits = 48 + 32;
/** In bytes; positions are counted in bits, with 32-bit arithmetic. */
const largestPart = 256 * 1024 * 1024;

/** Reads a part, and proves with the trailer's CRC that every block was found. Throws {@link PartError}. */
export function readPart(bytes: Buffer): Part {
  const level = (bytes[3] ?? 0) - 0x30;
  if (bytes.toString("latin1", 0, 3) !== "BZh" || level < 1 || level > 9) {
    throw new PartError("these bytes do not begin as a bzip2 stream does");
  }
  if (bytes.length > largestPart) {
    throw new PartError(`a part of ${bytes.length} bytes is too large to be read as one`);
  }
  const end = trailerOf(bytes);
  const crc = bits32(bytes, end + 48);
  const starts = blockStarts(bytes, headerBits, end);
  if (end > headerBits && starts[0] !== headerBits) {
    throw new PartError("the first block is not where it has to be");
  }
  const blocks = countBlocks(
    starts.map((start) => bits32(bytes, start + 48)),
    crc,
  );
  return { bytes, level, bits: end - headerBits, blocks, crc };
}

/** Adds the CRC of another block, or of a part with several blocks, to a stream's CRC. */
export function foldCrc(crc: number, next: number, blocks = 1): number {
  const turns = blocks % 32;
  return (((crc << turns) | (crc >>> (32 - turns))) ^ next) >>> 0;
}

/** How many blocks give the trailer's CRC. Leaves out a magic that occurs by chance (one bit in 2^48). */
function countBlocks(crcs: readonly number[], crc: number): number {
  const fold = (left: number | undefined) => crcs.reduce((sum, next, i) => (i === left ? sum : foldCrc(sum, next)), 0);
  if (fold(undefined) === crc) {
    return crcs.length;
  }
  for (let i = 1; i < crcs.length; i++) {
    if (fold(i) === crc) {
      return crcs.length - 1;
    }
  }
  throw new PartError("the CRCs of the blocks do not give the CRC of the stream");
}

/** The bit at which the trailer begins. The trailer ends in the last byte, which is padded with zeros. */
function trailerOf(bytes: Buffer): number {
  for (let padding = 0; padding < 8; padding++) {
    const at = bytes.length * 8 - padding - trailerBits;
    if (at < headerBits) {
      break;
    }
    if (isMagic(bytes, at, trailerMagic) && ((bytes.at(-1) ?? 0) & ((1 << padding) - 1)) === 0) {
      return at;
    }
  }
  throw new PartError("these bytes do not end as a bzip2 stream does: they are cut off, or damaged");
}

/**
 * Where the blocks begin. Bytes 1 to 5 of a magic are known except for eight possible shifts. So it is enough to look at
 * every fourth pair of bytes, and to look closer at the 32 pairs that can be part of a magic.
 */
function blockStarts(bytes: Buffer, from: number, to: number): number[] {
  const starts: number[] = [];
  const last = bytes.length - 1;
  for (let at = 4; at < last; at += 4) {
    let places = placesOfPair[((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)] ?? 0;
    for (; places !== 0; places &= places - 1) {
      const place = 31 - Math.clz32(places & -places);
      const start = (at - 1 - (place >>> 3)) * 8 + (place & 7);
      if (start >= from && start < to && isMagic(bytes, start, blockMagic)) {
        starts.push(start);
      }
    }
  }
  return starts.sort((a, b) => a - b);
}

/** For each pair of bytes, where it can occur in a shifted block magic: bit `8 × byte + shift`, where byte 0 is the second. */
const placesOfPair = (() => {
  const places = new Uint32Array(65_536);
  const [high, low] = blockMagic;
  const magic = (BigInt(high) << 24n) | BigInt(low);
  for (let shift = 0; shift < 8; shift++) {
    const shifted = magic << BigInt(8 - shift);
    for (let byte = 0; byte < 4; byte++) {
      const pair = Number((shifted >> BigInt(8 * (4 - byte))) & 0xffffn);
      places[pair] = ((places[pair] ?? 0) | (1 << (8 * byte + shift))) >>> 0;
    }
  }
  return places;
})();

function isMagic(bytes: Buffer, at: number, [high, low]: Magic): boolean {
  return bits24(bytes, at) === high && bits24(bytes, at + 24) === low;
}

function bits24(bytes: Buffer, at: number): number {
  const i = at >>> 3;
  const word = ((bytes[i] ?? 0) << 24) | ((bytes[i + 1] ?? 0) << 16) | ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0);
  return (word << (at & 7)) >>> 8;
}

function bits32(bytes: Buffer, at: number): number {
  return ((bits24(bytes, at) << 8) | (bits24(bytes, at + 24) >>> 16)) >>> 0;
}
