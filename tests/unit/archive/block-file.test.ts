import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { areBlocks, bytesAfter, bytesBefore, readKept, toKeep } from "../../../provider/archive/block-file";
import { headerBits, readPart } from "../../../provider/bzip2/part";

const part = (plain: Uint8Array) => readPart(spawnSync("bzip2", ["-9c"], { input: plain, maxBuffer: 1e9 }).stdout);

describe("compressed blocks in a file", function () {
  this.timeout(30_000);

  it("are read as they were kept, whatever they are", () => {
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

  describe("that is read in three pieces", () => {
    const inPieces = (file: Buffer) =>
      [
        file.subarray(0, bytesBefore),
        file.subarray(bytesBefore, file.length - bytesAfter),
        file.subarray(file.length - bytesAfter),
      ] as const;

    it("are those that the part has, where they fill whole bytes, and else are none", () => {
      const seen = new Set<boolean>();
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (plain) => {
          const kept = part(plain);
          const [before, blocks, after] = inPieces(Buffer.concat(toKeep(kept)));
          const whole = kept.bits % 8 === 0;
          seen.add(whole);
          assert.equal(areBlocks(before, blocks, after), whole);
          if (whole) assert.ok(blocks.equals(kept.bytes.subarray(headerBits / 8, headerBits / 8 + kept.bits / 8)));
        }),
        { numRuns: 150 },
      );
      assert.equal(seen.size, 2, "both kinds have to be tried");
    });

    it("are none when any byte is another one, or the pieces are cut elsewhere", () => {
      // lbzip2 fills its blocks up to whole bytes.
      const plain = Buffer.from("some content of a layer".repeat(20));
      const file = Buffer.concat(toKeep(readPart(spawnSync("lbzip2", ["-9c"], { input: plain }).stdout)));
      assert.ok(areBlocks(...inPieces(file)));
      fc.assert(
        fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const damaged = Buffer.from(file);
          damaged[at] = (damaged[at] ?? 0) ^ change;
          assert.equal(areBlocks(...inPieces(damaged)), false);
        }),
      );
      const [before, blocks, after] = inPieces(file);
      assert.equal(areBlocks(before, blocks.subarray(0, -1), Buffer.concat([blocks.subarray(-1), after])), false);
    });
  });
});
