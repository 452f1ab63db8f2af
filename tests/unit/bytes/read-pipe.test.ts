import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { readingOf } from "../../../provider/bytes/process";
import { ReadPipe } from "../../../provider/bytes/read-pipe";
import { setEnvironment } from "../../support/programs/environment";
import { childrenOf } from "../../support/programs/processes";

const failure = ({ words }: { words: string }) => new Error(words);

/** Starts a program of Node that does this. */
const programThat = (does: string, ...args: string[]) =>
  readingOf({ command: process.execPath, args: ["-e", does, ...args], failure });

describe("what a program writes, read into the reader's memory", () => {
  it("is everything that it wrote, for reads of any size", async () => {
    const content = randomBytes(3_000_000);
    const writes = `process.stdout.write(require("node:crypto").createHash("sha256").update("x").digest());
      const bytes = Buffer.alloc(3_000_000);
      for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
      process.stdout.write(bytes);`;
    const expected = Buffer.alloc(content.length + 32);
    createHash("sha256").update("x").digest().copy(expected);
    for (let i = 0; i < content.length; i += 4) expected.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, 32 + i);

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 900_000 }), { minLength: 1, maxLength: 5 }),
        async (sizes) => {
          const reading = await programThat(writes);
          const got: Buffer[] = [];
          for (let turn = 0; ; turn++) {
            const target = Buffer.alloc(sizes[turn % sizes.length] ?? 1 + 100_000);
            // Small pieces would take all day.
            const asked = turn < 20 ? target : Buffer.alloc(700_000);
            const filled = await reading.read(asked);
            got.push(asked.subarray(0, filled));
            if (filled < asked.length) break;
          }
          await reading.done;
          assert.ok(Buffer.concat(got).equals(expected));
        },
      ),
      { numRuns: 15 },
    );
  }).timeout(60_000);

  it("does not touch memory that it has filled, or that is asked for no longer", async () => {
    const { pipe, writeEnd } = await ReadPipe.open();
    const [first, second] = [Buffer.alloc(4), Buffer.alloc(4)];
    writeEnd.write("abcdefghijkl");
    assert.equal(await pipe.read(first), 4);
    assert.equal(await pipe.read(second), 4);
    writeEnd.end("mnop");
    const rest = Buffer.alloc(100);
    assert.equal(await pipe.read(rest), 8);
    assert.deepEqual([first, second, rest.subarray(0, 9)].map(String), ["abcd", "efgh", "ijklmnop\0"]);
    assert.equal(await pipe.read(rest), 0);
    pipe.destroy(new Error("over"));
  });

  it("fails with the program's error when that fails, and not before all that it wrote was read", async () => {
    const reading = await programThat('process.stdout.write("half"); console.error("no more"); process.exitCode = 3');
    const half = Buffer.alloc(4);
    assert.equal(await reading.read(half), 4);
    assert.equal(half.toString(), "half");
    await assert.rejects(reading.read(Buffer.alloc(1)), /no more/);
    await assert.rejects(reading.done, /no more/);
  });

  it("fails with the system's error when there is no such program", async () => {
    const reading = await readingOf({ command: "/there/is/no/such", args: [], failure });
    await assert.rejects(reading.read(Buffer.alloc(1)), /ENOENT/);
  });

  it("fails for the reader when it is stopped, and leaves neither the program nor a file behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    const restoreEnvironment = setEnvironment({ TMPDIR: folder });
    assert.equal(tmpdir(), folder);
    try {
      const reading = await programThat("setInterval(() => process.stdout.write('x'), 5)");
      assert.deepEqual(await readdir(folder), []);
      const read = reading.read(Buffer.alloc(1_000_000));
      reading.stop();
      await assert.rejects(read, /was ended/);
      await assert.rejects(reading.read(Buffer.alloc(1)), /was ended/);
      await assert.rejects(reading.done);
      assert.deepEqual(childrenOf(process.pid), []);
    } finally {
      restoreEnvironment();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("is refused when a socket's name would be too long, and nothing is started", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    const deep = join(folder, "a-long-name-of-a-folder".repeat(5));
    await mkdir(deep);
    const restoreEnvironment = setEnvironment({ TMPDIR: deep });
    try {
      await assert.rejects(programThat(""), /too long a name/);
      assert.deepEqual(await readdir(deep), []);
      assert.deepEqual(await readdir(folder), ["a-long-name-of-a-folder".repeat(5)]);
      assert.deepEqual(childrenOf(process.pid), []);
    } finally {
      restoreEnvironment();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
