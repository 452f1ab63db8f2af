import { foldCrc, headerBits, type Part, PartError, trailerMagic } from "./part";

/**
 * Joins separately compressed parts into one standard bzip2 stream. It has to be one stream, since some decoders stop after
 * the first. Blocks may begin at any bit, so the blocks of a part are shifted to where the previous part ended, and its CRC
 * is added to the stream's. Keeps only the last bits in memory.
 */
export class Splicer {
  /** Level of the whole stream; it accepts parts of this level or lower. */
  readonly level: number;
  #crc = 0;
  /** Bits (0 to 7) that do not fill a byte yet, at the upper end of the byte. */
  #rest = 0;
  #restBits = 0;

  constructor(level = 9) {
    this.level = level;
  }

  /** The stream's first bytes. */
  start(): Buffer {
    return Buffer.from(`BZh${this.level}`, "latin1");
  }

  /**
   * Returns the bytes that the part's blocks complete. Shifts the blocks in the part's own memory, so a part can be added
   * once. A part without blocks adds nothing. Throws {@link PartError} for a part of a higher level, whose blocks may be too
   * large for a decoder.
   */
  add(part: Part): Buffer {
    if (part.level > this.level) {
      throw new PartError(`a part of level ${part.level} cannot be part of a stream of level ${this.level}`);
    }
    this.#crc = foldCrc(this.#crc, part.crc, part.blocks);
    return this.#append(part.bytes.subarray(headerBits / 8), part.bits);
  }

  /** The stream's last bytes: its trailer. */
  end(): Buffer {
    const trailer = Buffer.alloc(11);
    trailer.writeUIntBE(trailerMagic[0], 0, 3);
    trailer.writeUIntBE(trailerMagic[1], 3, 3);
    trailer.writeUInt32BE(this.#crc, 6);
    // Just enough zeros to fill the last byte.
    return this.#append(trailer, 80 + ((8 - this.#restBits) % 8));
  }

  #append(source: Buffer, bits: number): Buffer {
    const shift = this.#restBits;
    const whole = bits >>> 3;
    const tailBits = bits & 7;
    const tail = tailBits === 0 ? 0 : (source[whole] ?? 0) & (0xff00 >>> tailBits) & 0xff;
    if (shift === 0) {
      this.#rest = tail;
      this.#restBits = tailBits;
      return source.subarray(0, whole);
    }
    const filled = shift + tailBits >= 8;
    let rest = shiftInPlace(source, whole, shift, this.#rest);
    rest |= tail >>> shift;
    if (filled) {
      source[whole] = rest;
      rest = (tail << (8 - shift)) & 0xff;
    }
    this.#rest = rest;
    this.#restBits = (shift + tailBits) & 7;
    return source.subarray(0, whole + (filled ? 1 : 0));
  }
}

/**
 * Shifts the first `length` bytes down by `shift` bits (1 to 7) behind the bits of `rest`, and returns the remaining bits.
 * Works on 32-bit words: one byte at a time takes three times as long.
 */
function shiftInPlace(bytes: Buffer, length: number, shift: number, rest: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let carry = rest << 24;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word = view.getUint32(at);
    view.setUint32(at, carry | (word >>> shift));
    carry = word << (32 - shift);
  }
  let left = carry >>> 24;
  for (; at < length; at++) {
    const byte = view.getUint8(at);
    view.setUint8(at, left | (byte >>> shift));
    left = (byte << (8 - shift)) & 0xff;
  }
  return left;
}
