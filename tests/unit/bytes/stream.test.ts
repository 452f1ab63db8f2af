import assert from "node:assert/strict";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { outputOf } from "../../../provider/bytes/process";
import { inOrder, readableOf } from "../../../provider/bytes/stream";
import { makeContext, removeContext } from "../../support/context-folder";
import { childrenOf, until } from "../../support/programs/processes";

async function* bytesOf(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe("a stream of what an iterator gives", () => {
  it("has it all, and skips what is empty", async () => {
    assert.equal((await buffer(readableOf(bytesOf("a", "", "", "b", ""), () => undefined))).toString(), "ab");
  });

  it("fails with the iterator's error", async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from("half");
      throw new Error("no more");
    }
    await assert.rejects(buffer(readableOf(failing(), () => undefined)), /^Error: no more$/);
  });

  it("stops what the iterator waits for when it is given up in the middle of a wait, and closes after it", async () => {
    let release: () => void = () => undefined;
    let left = false;
    async function* waiting(): AsyncGenerator<Buffer> {
      try {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        yield Buffer.from("late");
      } finally {
        left = true;
      }
    }
    const stream = readableOf(waiting(), () => release());
    stream.resume();
    await new Promise(setImmediate);
    stream.destroy(new Error("given up"));
    await assert.rejects(finished(stream), /given up/);
    assert.equal(left, true);
  });

  it("ends a program that is read from and gives nothing", async () => {
    const folder = await makeContext({ stuck: { text: "#!/bin/sh\nexec sleep 600\n", executable: true } });
    try {
      const source = new Readable({ read: () => undefined });
      const failure = () => new Error("it failed");
      const { stream, done } = outputOf({ command: join(folder, "stuck"), args: [], input: source, failure });
      stream.resume();
      await until(() => childrenOf(process.pid).length > 0, "the program runs");
      stream.destroy();
      await assert.rejects(done);
      assert.deepEqual(childrenOf(process.pid), []);
    } finally {
      await removeContext(folder);
    }
  });
});

describe("work in order", () => {
  it("gives results in the items' order, with a limited number at a time", async () => {
    let now = 0;
    let most = 0;
    async function work(item: number): Promise<number> {
      most = Math.max(most, ++now);
      for (let i = 0; i < 20 - item; i++) await Promise.resolve();
      now--;
      return item * 2;
    }
    async function* items(): AsyncGenerator<number> {
      for (let i = 0; i < 20; i++) yield i;
    }
    const results: number[] = [];
    for await (const result of inOrder(items(), work, 4)) results.push(result);
    assert.deepEqual(
      results,
      Array.from({ length: 20 }, (_, i) => i * 2),
    );
    assert.ok(most <= 4, `${most} at a time`);
  });

  it("waits for running work before it fails", async () => {
    let ended = 0;
    async function work(item: number): Promise<number> {
      if (item === 0) throw new Error("the first failed");
      await new Promise(setImmediate);
      ended++;
      return item;
    }
    async function* items(): AsyncGenerator<number> {
      yield* [0, 1, 2];
    }
    await assert.rejects(async () => {
      for await (const _ of inOrder(items(), work, 3));
    }, /the first failed/);
    assert.equal(ended, 2);
  });
});
