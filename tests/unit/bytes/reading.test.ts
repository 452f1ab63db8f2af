import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { readingOfChunks, sourceOf, stopOnAbort } from "../../../provider/bytes/reading";
import { piecesOf } from "../../support/reading";

async function* chunksOf(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}
const nothing = () => undefined;

describe("a source of bytes from an iterator", () => {
  it("gives them in pieces of any requested size, from pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 })),
        fc.integer({ min: 1, max: 60 }),
        async (pieces, size) => {
          async function* chunks() {
            for (const piece of pieces) yield Buffer.from(piece);
          }
          const source = sourceOf(chunks());
          const got: Buffer[] = [];
          for (;;) {
            const target = Buffer.alloc(size);
            const filled = await source.read(target);
            got.push(target.subarray(0, filled));
            if (filled < size) break;
          }
          assert.deepEqual(Buffer.concat(got), Buffer.concat(pieces));
        },
      ),
    );
  });
});

describe("the reading of what a generator gives", () => {
  it("has it all, and is done then", async () => {
    const reading = readingOfChunks(chunksOf("a", "", "", "b", ""), nothing);
    assert.equal((await buffer(piecesOf(reading))).toString(), "ab");
    await reading.done;
  });

  it("fails with the generator's error, once what it uses was stopped", async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from("half");
      throw new Error("no more");
    }
    let stops = 0;
    const reading = readingOfChunks(failing(), () => stops++);
    await assert.rejects(buffer(piecesOf(reading)), /^Error: no more$/);
    await assert.rejects(reading.done, /^Error: no more$/);
    assert.equal(stops, 1);
  });

  it("ends the current read at once when it is stopped, and is done when the generator has cleaned up", async () => {
    let release: () => void = nothing;
    let cleaned = false;
    async function* waiting(): AsyncGenerator<Buffer> {
      try {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        yield Buffer.from("late");
      } finally {
        await new Promise(setImmediate);
        cleaned = true;
      }
    }
    const reading = readingOfChunks(waiting(), () => release());
    const read = reading.read(Buffer.alloc(10));
    reading.stop();
    await assert.rejects(read, /was stopped/);
    assert.equal(cleaned, false, "the read waited for the clean-up");
    await assert.rejects(reading.done, /was stopped/);
    assert.equal(cleaned, true);
    await assert.rejects(reading.read(Buffer.alloc(10)), /was stopped/);
  });

  it("is stopped by a signal, also by one that was aborted before", async () => {
    for (const before of [true, false]) {
      const abort = new AbortController();
      if (before) abort.abort();
      const reading = readingOfChunks(chunksOf("a"), nothing);
      stopOnAbort(reading, abort.signal);
      abort.abort();
      await assert.rejects(reading.done, /was stopped/);
    }
  });

  it("leaves nothing at the signal when it is done", async () => {
    const { signal } = new AbortController();
    const reading = readingOfChunks(chunksOf("a"), nothing);
    stopOnAbort(reading, signal);
    assert.equal(getEventListeners(signal, "abort").length, 1);
    await buffer(piecesOf(reading));
    await reading.done;
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});
