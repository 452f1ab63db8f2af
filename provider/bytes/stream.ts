import { Readable } from "node:stream";
import type { Extract } from "tar-stream";

/**
 * A stream of an iterator's items. Unlike with `Readable.from`, destroying it calls `stop` at once, which can end the
 * iterator's current wait. `Readable.from` only asks the iterator itself, which answers after its wait. Closes when the
 * iterator has ended.
 */
export function readableOf(chunks: AsyncGenerator<Buffer>, stop: () => void): Readable {
  let ended = false;
  const stream: Readable = new Readable({
    // One chunk at a time: the stream would join two chunks in new memory.
    highWaterMark: 1,
    read() {
      void give();
    },
    destroy(error, callback) {
      stop();
      // An error of the iterator after this point only means that it was stopped.
      const over = ended ? Promise.resolve() : chunks.return(undefined).then(nothing, nothing);
      void over.then(() => callback(error));
    },
  });
  async function give(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await chunks.next();
        if (stream.destroyed) {
          return;
        }
        if (done === true) {
          ended = true;
          stream.push(null);
          return;
        }
        // After an empty chunk the stream would not ask again.
        if (value.length === 0) {
          continue;
        }
        stream.push(value);
        return;
      }
    } catch (error) {
      ended = true;
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return stream;
}

const nothing = () => undefined;

/**
 * Does the same work on every item, several at a time, and yields the results in the items' order. At most `ahead` items are
 * running or waiting, so a slow reader does not make memory grow. When it ends early, by an error or because the reader
 * stops, it waits until no work is running.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  ahead: number,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // The loop handles the error when it reaches this item. Until then it must not count as unhandled.
      result.catch(nothing);
      underWay.push(result);
      while (underWay.length >= ahead) {
        yield await first(underWay);
      }
    }
    while (underWay.length > 0) {
      yield await first(underWay);
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}

function first<R>(queue: Promise<R>[]): Promise<R> {
  const result = queue.shift();
  if (result === undefined) {
    throw new RangeError("nothing is under way");
  }
  return result;
}

/**
 * Feeds a source's bytes to a reader of tar entries, no faster than it reads. Errors of either side reach the reader of the
 * entries.
 */
export async function feed(source: AsyncIterable<Buffer>, entries: Extract): Promise<void> {
  // The reader of the entries gets the same error.
  entries.on("error", nothing);
  try {
    for await (const chunk of source) {
      if (entries.destroyed) {
        return;
      }
      if (!entries.write(chunk)) {
        await drained(entries);
      }
    }
    entries.end(undefined);
  } catch (error) {
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Waits until it accepts more or has ended. */
export function drained(entries: Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      entries.off("drain", done);
      entries.off("close", done);
      resolve();
    };
    entries.on("drain", done);
    entries.on("close", done);
    if (entries.destroyed) {
      done();
    }
  });
}
