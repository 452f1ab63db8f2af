/** Memory to write to, until it is given back. */
export interface Lent {
  /** Arbitrary content at first. */
  readonly bytes: Buffer;
  /** From now on, the memory and every view of it may be used for other bytes. Calling it again has no effect. */
  readonly giveBack: () => void;
}

/**
 * Reuses buffers of one size. The system has to clear each new buffer of several megabytes, and the garbage collector has to
 * find it. For an image of 400 MB that takes longer than hashing it.
 */
export class BufferPool {
  /** Bytes of each buffer. */
  readonly size: number;
  readonly #free: ArrayBuffer[] = [];

  constructor(size: number) {
    this.size = size;
  }

  /** Lends memory of this length; new memory if it is larger than the pool's buffers. */
  take(length: number): Lent {
    if (length > this.size) {
      return { bytes: Buffer.allocUnsafeSlow(length), giveBack: () => undefined };
    }
    const memory = this.#free.pop() ?? new ArrayBuffer(this.size);
    let isLent = true;
    return {
      bytes: Buffer.from(memory, 0, length),
      giveBack: () => {
        if (isLent) {
          this.#free.push(memory);
        }
        isLent = false;
      },
    };
  }
}
