import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { utils } from "ssh2";
import { z } from "zod";
import { Store } from "../../../emulator/state/store";
import { loadHostKey, makeHostKey } from "../../../emulator/workspaces/console/host-key";

describe("the host key of the console", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-host-key-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("is always readable: ssh2 alone creates one in 256 that is not", () => {
    for (let n = 0; n < 3000; n++) {
      assertSigns(makeHostKey());
    }
  });

  it("is the same at every start", async () => {
    const key = await loadHostKey(new Store(dir));
    assertSigns(key);
    assert.equal(await loadHostKey(new Store(dir)), key);
  });

  it("is made again, once, when the one on disk cannot be read", async () => {
    const store = new Store(dir);
    const collection = await store.collection("console", z.object({ privateKey: z.string() }));
    await collection.put("host-key", { privateKey: "not a key" });
    const key = await loadHostKey(new Store(dir));
    assertSigns(key);
    assert.equal(await loadHostKey(new Store(dir)), key);
  });
});

/** A key whose two halves belong together. */
function assertSigns(privateKey: string): void {
  const key = utils.parseKey(privateKey);
  assert.ok(!(key instanceof Error), `${key}`);
  assert.equal(key.verify("data", key.sign("data")), true);
}
