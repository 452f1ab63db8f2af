import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { trimFolder, writeWhole } from "../../../provider/bytes/cached-files";

describe("files kept for the next run", () => {
  let top: string;
  let folder: string;
  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    folder = join(top, "kept");
  });
  afterEach(() => rm(top, { recursive: true, force: true }));

  it("are whole when several write the same one, and only this user can read them", async () => {
    const contents = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(50_000));
    await Promise.all(contents.map((content) => writeWhole(join(folder, "a"), content)));
    assert.ok(contents.includes(await readFile(join(folder, "a"), "utf8")));
    assert.deepEqual(await readdir(folder), ["a"]);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(folder, "a"))).mode & 0o777, 0o600);
  });

  it("stay as they were for a process that is reading an older one", async () => {
    await writeWhole(join(folder, "a"), "older");
    const reading = await open(join(folder, "a"));
    await writeWhole(join(folder, "a"), "newer");
    assert.equal(await reading.readFile("utf8"), "older");
    await reading.close();
    assert.equal(await readFile(join(folder, "a"), "utf8"), "newer");
  });

  it("leave nothing behind when they cannot be written", async () => {
    await mkdir(join(folder, "a", "in the way"), { recursive: true });
    await assert.rejects(writeWhole(join(folder, "a"), "content"));
    assert.deepEqual(await readdir(folder), ["a"]);
  });

  it("stay as long as those used later leave room for them", async () => {
    const files = fc.array(fc.nat(50), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(files, fc.nat(200), fc.nat(12), async (sizes, bytes, most) => {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder);
        // The first was used last.
        for (const [i, size] of sizes.entries()) {
          await writeFile(join(folder, `f${i}`), "x".repeat(size));
          await utimes(join(folder, `f${i}`), 10_000 - i, 10_000 - i);
        }
        await trimFolder(folder, { bytes, files: most });
        const stay = sizes.filter((_, i) => i < most && sizes.slice(0, i + 1).reduce((a, b) => a + b, 0) <= bytes);
        assert.deepEqual((await readdir(folder)).sort(), stay.map((_, i) => `f${i}`).sort());
      }),
      { numRuns: 50 },
    );
  });

  it("are trimmed without a folder or an unfinished file of a running process", async () => {
    await mkdir(join(folder, "inner"), { recursive: true });
    for (const [name, time] of [
      [".dead", 1000],
      [".alive", Date.now() / 1000],
    ] as const) {
      await writeFile(join(folder, name), "half");
      await utimes(join(folder, name), time, time);
    }
    await trimFolder(folder, { bytes: 0 });
    assert.deepEqual(await readdir(folder), [".alive", "inner"]);
  });
});
