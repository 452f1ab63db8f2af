/** Provides bytes in order, into the reader's memory. */
export interface ByteSource {
  /** Fills `target`, or as much of it as there are bytes left; returns the number of bytes. One call at a time. */
  read(target: Buffer): Promise<number>;
}

/** Bytes and what provides them, such as a program. If that fails, a read fails: a truncated output never looks complete. */
export interface Reading extends ByteSource {
  /** Ends what provides the bytes. The current read and later ones fail. */
  readonly stop: () => void;
  /**
   * Resolves when everything was read and nothing is running; rejects with the error of the reads, once nothing is running.
   * Need not be awaited.
   */
  readonly done: Promise<void>;
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
          if (done === true) {
            break;
          }
          if (!Buffer.isBuffer(value)) {
            throw new TypeError("a source of bytes must give bytes");
          }
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

/**
 * Reads a generator's bytes. `stop` is called when the reading is stopped or the generator fails; it ends what the generator
 * may be waiting for.
 */
export function readingOfChunks(chunks: AsyncGenerator<Buffer>, stop: () => void): Reading {
  const source = sourceOf(chunks);
  let stopped: Error | undefined;
  let rejectRead: (reason: Error) => void = nothing;
  let ended: () => void = nothing;
  let failed: (error: unknown) => void = nothing;
  const done = new Promise<void>((resolve, reject) => {
    ended = resolve;
    failed = reject;
  });
  // The reads fail with the same error.
  done.catch(nothing);
  return {
    read(target) {
      if (stopped !== undefined) {
        return Promise.reject(stopped);
      }
      return new Promise((resolve, reject) => {
        rejectRead = reject;
        source.read(target).then(
          (filled) => {
            if (filled < target.length) {
              ended();
            }
            resolve(filled);
          },
          (error: unknown) => {
            if (stopped === undefined) {
              stop();
            }
            failed(stopped ?? error);
            reject(error);
          },
        );
      });
    },
    stop() {
      if (stopped !== undefined) {
        return;
      }
      stopped = new Error("the reading was stopped");
      stop();
      rejectRead(stopped);
      // The generator cleans up first.
      const over = () => failed(stopped);
      chunks.return(undefined).then(over, over);
    },
    done,
  };
}

/** Stops a reading when the signal aborts. */
export function stopOnAbort(reading: Reading, signal: AbortSignal | undefined): void {
  if (signal === undefined) {
    return;
  }
  if (signal.aborted) {
    reading.stop();
  }
  signal.addEventListener("abort", reading.stop, { once: true });
  const over = () => signal.removeEventListener("abort", reading.stop);
  reading.done.then(over, over);
}

const nothing = () => undefined;
