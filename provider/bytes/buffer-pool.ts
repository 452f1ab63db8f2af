/**
 * Reuses buffers of one size. The system has to clear each new buffer of several megabytes, and the garbage collector has to
 * find it. For an image of 400 MB that takes longer than hashing it.
 */
export class BufferPool {
  /** Bytes of each buffer. */
  readonly size: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #lent = new Set<ArrayBufferLike>();

  constructor(size: number) {
    this.size = size;
  }

  /** Returns memory of this length with arbitrary content; a slab if one is large enough. */
  take(length: number): Buffer {
    if (length > this.size) return Buffer.allocUnsafeSlow(length);
    const memory = this.#free.pop() ?? new ArrayBuffer(this.size);
    this.#lent.add(memory);
    return Buffer.from(memory, 0, length);
  }

  /**
   * Takes back a buffer or any view of it; its content is lost from now on. Ignores buffers that were returned already or
   * are not slabs.
   */
  give({ buffer }: Buffer): void {
    if (!this.#lent.delete(buffer) || !(buffer instanceof ArrayBuffer)) return;
    this.#free.push(buffer);
  }
}
