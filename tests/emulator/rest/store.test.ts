import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { z } from "zod";
import { Store } from "../../../emulator/state/store";

const counter = z.object({ id: z.string(), count: z.int() });

describe("the emulator's document store", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-store-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const open = () => new Store(dir).collection("counters", counter);

  it("finds everything acknowledged when it is opened again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.nat(9)), { maxLength: 20 }),
        async (steps) => {
          const collection = await open();
          const model = new Map(collection.list().map((known) => [known.id, known]));
          for (const [id, count] of steps) {
            if (count === 0) {
              await collection.delete(id);
              model.delete(id);
            } else {
              await collection.put(id, { id, count });
              model.set(id, { id, count });
            }
          }
          const again = await open();
          assert.deepEqual(byId(again.list()), byId([...model.values()]));
        },
      ),
      { numRuns: 15 },
    );
  });

  it("shows a document only once it is on disk", async () => {
    const collection = await open();
    const writing = collection.put("a", { id: "a", count: 1 });
    assert.equal(collection.get("a"), undefined);
    await writing;
    assert.equal(collection.get("a")?.count, 1);
  });

  it("loses no update when many change the same document", async () => {
    const collection = await open();
    await collection.put("a", { id: "a", count: 0 });
    await Promise.all(
      Array.from({ length: 20 }, () => collection.update("a", (known) => ({ ...known, count: known.count + 1 }))),
    );
    assert.equal((await open()).get("a")?.count, 20);
  });

  it("continues after a change that failed", async () => {
    const collection = await open();
    await collection.put("a", { id: "a", count: 0 });
    await assert.rejects(collection.put("a", { id: "a", count: 0.5 }));
    await collection.put("a", { id: "a", count: 2 });
    assert.equal(collection.get("a")?.count, 2);
  });

  it("ignores and removes what a crash left half written", async () => {
    await (await open()).put("a", { id: "a", count: 1 });
    await writeFile(path.join(dir, "counters", "a.json.abc.tmp"), '{"id":"a","cou');
    assert.deepEqual((await open()).list(), [{ id: "a", count: 1 }]);
    assert.deepEqual(await readdir(path.join(dir, "counters")), ["a.json"]);
  });

  it("refuses to start with a damaged document, and names its file", async () => {
    await (await open()).put("a", { id: "a", count: 1 });
    await writeFile(path.join(dir, "counters", "a.json"), "{}");
    await assert.rejects(open(), /a\.json cannot be read/);
  });

  it("keeps its files to their owner", async () => {
    await (await open()).put("a", { id: "a", count: 1 });
    assert.equal((await stat(path.join(dir, "counters"))).mode & 0o777, 0o700);
    assert.equal((await stat(path.join(dir, "counters", "a.json"))).mode & 0o777, 0o600);
  });
});

function byId(documents: z.infer<typeof counter>[]): z.infer<typeof counter>[] {
  return [...documents].sort((a, b) => (a.id < b.id ? -1 : 1));
}
