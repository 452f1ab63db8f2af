import assert from "node:assert/strict";
import { BufferPool } from "../../../provider/bytes/buffer-pool";

describe("memory that is used again", () => {
  it("is lent to one at a time, also when one gives it back twice", () => {
    const pool = new BufferPool(100);
    const first = pool.take(100);
    first.giveBack();
    first.giveBack();
    const [second, third] = [pool.take(60), pool.take(100)];
    assert.equal(second.bytes.buffer, first.bytes.buffer, "it is not used again");
    assert.notEqual(third.bytes.buffer, second.bytes.buffer, "two have the same memory");
    assert.deepEqual([second.bytes.length, third.bytes.length], [60, 100]);
  });

  it("is new when the request is larger than a buffer, and stays out of the pool", () => {
    const pool = new BufferPool(100);
    const large = pool.take(101);
    assert.equal(large.bytes.length, 101);
    large.giveBack();
    assert.equal(pool.take(100).bytes.buffer.byteLength, 100);
  });
});
