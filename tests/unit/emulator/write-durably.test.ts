import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { lock, runningOn } from "../../../emulator/state/lock";
import { writeDurably } from "../../../emulator/state/write-durably";

describe("a file that the emulator replaces as a whole", () => {
  let dir: string;
  let file: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "write-durably-"));
    file = path.join(dir, "record");
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("holds the new content and is readable by its owner only, even when the old one was not", async () => {
    await writeFile(file, "a longer old content", { mode: 0o644 });
    await writeDurably(file, "new");
    assert.equal(await readFile(file, "utf8"), "new");
    if (process.platform !== "win32") {
      assert.equal((await stat(file)).mode & 0o777, 0o600);
    }
    assert.deepEqual(await readdir(dir), ["record"]);
  });

  it("never shows a reader a mixture or nothing, while many calls replace it at once", async () => {
    const contents = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(20_000));
    await writeDurably(file, contents[0] ?? "");
    let writing = true;
    const reader = (async () => {
      const seen: string[] = [];
      while (writing) {
        seen.push(await readFile(file, "utf8"));
      }
      return seen;
    })();
    await Promise.all(contents.map((content) => writeDurably(file, content)));
    writing = false;
    for (const seen of await reader) {
      assert.ok(contents.includes(seen), `a reader saw ${seen.length} characters of more than one write`);
    }
    assert.deepEqual(await readdir(dir), ["record"]);
  });

  it("leaves no incomplete file when it cannot be replaced", async () => {
    await mkdir(path.join(file, "inside"), { recursive: true });
    await assert.rejects(writeDurably(file, "new"), { syscall: "rename" });
    assert.deepEqual(await readdir(dir), ["record"]);
  });

  it("is the lock of a data folder, which a URL is added to without a gap", async () => {
    const held = await lock(dir);
    assert.equal((await runningOn(dir))?.url, undefined);
    await held.announce("http://127.0.0.1:4747");
    const running = await runningOn(dir);
    assert.deepEqual([running?.pid, running?.url], [process.pid, "http://127.0.0.1:4747"]);
    assert.deepEqual(await readdir(dir), ["emulator.pid"]);
    await held.release();
    assert.deepEqual(await readdir(dir), []);
  });
});
