/** Provides bytes in order, into the reader's memory. */
export interface ByteSource {
  /** Fills `target`, or as much of it as there are bytes left; returns the number of bytes. One call at a time. */
  read(target: Buffer): Promise<number>;
}

/** Reads an iterator's bytes, in pieces of any size. */
export function sourceOf(chunks: AsyncIterable<unknown>): ByteSource {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return {
    async read(target) {
      let filled = 0;
      while (filled < target.length) {
        if (rest.length === 0) {
          const { done, value } = await source.next();
          if (done === true) break;
          if (!Buffer.isBuffer(value)) throw new TypeError("a source of bytes must give bytes");
          rest = value;
        }
        const copied = rest.copy(target, filled);
        filled += copied;
        rest = rest.subarray(copied);
      }
      return filled;
    },
  };
}
