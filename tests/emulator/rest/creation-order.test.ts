import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sinon from "sinon";
import { Formats } from "../../../emulator/catalog/formats";
import { ProjectData } from "../../../emulator/data/project-data";
import { loadIdentity } from "../../../emulator/state/identity";
import { Store } from "../../../emulator/state/store";

describe("what is made in one millisecond", () => {
  let dir: string;
  let clock: sinon.SinonFakeTimers;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    clock = sinon.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  });
  afterEach(async () => {
    clock.restore();
    await rm(dir, { recursive: true });
  });

  it("is listed in order of creation, after what is older and before what is newer", async () => {
    const store = new Store(dir);
    const data = await ProjectData.open(store, new Formats(await loadIdentity(store)));
    const names = Array.from({ length: 12 }, (_, n) => `${n}`);
    for (const name of names) {
      if (name === "10") clock.tick(1);
      await data.create(
        { name, type: "FILE", folderId: undefined, folderPath: undefined, formatCode: undefined },
        undefined,
      );
    }
    assert.deepEqual(
      data.list().map(({ name }) => name),
      names,
    );
  });
});
