import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { lock, runningOn } from "../../../emulator/state/lock";

describe("the lock of an emulator's folder", () => {
  const DEAD = JSON.stringify({ pid: 2 ** 30, started: "1" });
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const file = () => path.join(dir, "emulator.pid");
  /** The file that gives the right to remove this lock. */
  const rightTo = (found: string) => `${file()}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`;

  it("of a killed emulator goes to exactly one of those that start at the same time", async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(file(), DEAD);
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => lock(dir)));
      const [won, ...more] = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      assert.ok(won !== undefined && more.length === 0, `${more.length + 1} have it`);
      assert.equal((await runningOn(dir))?.pid, process.pid);
      assert.deepEqual(await readdir(dir), ["emulator.pid"]);
      await won.release();
    }
  });

  it("is taken from an emulator that was killed while it removed the lock of another", async () => {
    const second = JSON.stringify({ pid: 2 ** 30 + 1, started: "1" });
    await writeFile(file(), DEAD);
    await writeFile(rightTo(DEAD), second);
    await writeFile(rightTo(DEAD).concat(rightTo(second).slice(file().length)), "torn");
    await lock(dir);
    assert.equal(JSON.parse(await readFile(file(), "utf8")).pid, process.pid);
    assert.deepEqual(await readdir(dir), ["emulator.pid"]);
  });

  it("of a running emulator is not taken", async () => {
    const held = await lock(dir);
    await assert.rejects(lock(dir), /already uses/);
    assert.equal((await runningOn(dir))?.pid, process.pid);
    await held.release();
    assert.equal(await runningOn(dir), undefined);
  });
});
