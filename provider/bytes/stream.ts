import { Readable } from "node:stream";
import type { Extract } from "tar-stream";

/**
 * A stream of what an iterator gives, as `Readable.from`, but for one thing: destroying it calls `stop` at once, so that whatever
 * the iterator waits for can be ended. `Readable.from` only asks the iterator itself, which answers when its wait is over.
 * Closed when the iterator has ended.
 */
export function readableOf(chunks: AsyncGenerator<Buffer>, stop: () => void): Readable {
  let ended = false;
  const stream: Readable = new Readable({
    // One chunk at a time: two would be put together, in memory of their own.
    highWaterMark: 1,
    read() {
      void give();
    },
    destroy(error, callback) {
      stop();
      // What the iterator fails with now is only that it was stopped.
      const over = ended ? Promise.resolve() : chunks.return(undefined).then(nothing, nothing);
      void over.then(() => callback(error));
    },
  });
  async function give(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await chunks.next();
        if (stream.destroyed) return;
        if (done === true) {
          ended = true;
          stream.push(null);
          return;
        }
        // An empty chunk would not make the stream ask again.
        if (value.length === 0) continue;
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
 * Does the same work on every item, on several at a time, and gives the results in the items' order. At most `ahead` items are
 * under way or wait for their turn, so memory stays bounded when the reader is slow. When it ends early, by an error or because
 * it is given up, it waits until no work is under way any more.
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
      // Its error is met when its turn comes, and until then is nobody's.
      result.catch(nothing);
      underWay.push(result);
      while (underWay.length >= ahead) yield await first(underWay);
    }
    while (underWay.length > 0) yield await first(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
}

function first<R>(queue: Promise<R>[]): Promise<R> {
  const result = queue.shift();
  if (result === undefined) throw new RangeError("nothing is under way");
  return result;
}

/** Gives a reader of tar entries what a source has, no faster than it reads. A failure of either reaches whoever reads the entries. */
export async function feed(source: AsyncIterable<Buffer>, entries: Extract): Promise<void> {
  // Whoever reads the entries meets the same error.
  entries.on("error", nothing);
  try {
    for await (const chunk of source) {
      if (entries.destroyed) return;
      if (!entries.write(chunk)) await drained(entries);
    }
    entries.end(undefined);
  } catch (error) {
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Until it takes more, or takes nothing any more. */
export function drained(entries: Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      entries.off("drain", done);
      entries.off("close", done);
      resolve();
    };
    entries.on("drain", done);
    entries.on("close", done);
    if (entries.destroyed) done();
  });
}
