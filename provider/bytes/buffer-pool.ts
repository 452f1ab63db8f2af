/**
 * Buffers of one size, used again and again. Each fresh buffer of some megabytes has to be cleared by the system and found by
 * the garbage collector: for an image of 400 MB, that takes longer than hashing it.
 */
export class BufferPool {
  /** Bytes of each. */
  readonly size: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #lent = new Set<ArrayBufferLike>();

  constructor(size: number) {
    this.size = size;
  }

  /** So many bytes, with any content; a slab if they fit in one. */
  take(length: number): Buffer {
    if (length > this.size) return Buffer.allocUnsafeSlow(length);
    const memory = this.#free.pop() ?? new ArrayBuffer(this.size);
    this.#lent.add(memory);
    return Buffer.from(memory, 0, length);
  }

  /** Takes bytes back, or any view of them: their content is lost from now on. What was given back, or is no slab, is left alone. */
  give({ buffer }: Buffer): void {
    if (!this.#lent.delete(buffer) || !(buffer instanceof ArrayBuffer)) return;
    this.#free.push(buffer);
  }
}
