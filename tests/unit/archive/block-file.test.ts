import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { readKept, toKeep } from "../../../provider/archive/block-file";
import { readPart } from "../../../provider/bzip2/part";

const part = (plain: Uint8Array) => readPart(spawnSync("bzip2", ["-9c"], { input: plain, maxBuffer: 1e9 }).stdout);

describe("compressed blocks in a file", function () {
  this.timeout(30_000);

  it("are read as they were kept, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (plain) => {
        const kept = part(plain);
        assert.deepEqual(readKept(Buffer.concat(toKeep(kept))), kept);
      }),
      { numRuns: 30 },
    );
  });

  it("are no blocks any more when any byte is another one, or the file is longer or shorter", () => {
    const file = Buffer.concat(toKeep(part(Buffer.from("some content of a layer".repeat(20)))));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(file);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        assert.equal(readKept(damaged), undefined);
      }),
    );
    for (let length = 0; length < file.length; length++) assert.equal(readKept(file.subarray(0, length)), undefined);
    assert.equal(readKept(Buffer.concat([file, Buffer.alloc(1)])), undefined);
  });
});
