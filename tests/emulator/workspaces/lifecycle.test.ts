import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sinon from "sinon";
import { Store } from "../../../emulator/state/store";
import { Lifecycle } from "../../../emulator/workspaces/lifecycle";
import { settings, workspace } from "../../../emulator/workspaces/record";
import { withoutContainers } from "../../../emulator/workspaces/without-containers";

describe("the life cycle of a workspace", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-lifecycle-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("is not continued by a start that was requested just before the emulator shuts down", async () => {
    const records = await new Store(dir).collection("workspaces", workspace);
    const id = randomUUID();
    const timeCreated = new Date().toISOString();
    await records.put(id, {
      ...{ id, timeCreated, timeModified: timeCreated, projectId: "p", number: "12345678", status: "Stopped" },
      settings: settings.parse({
        name: "genomics",
        imageId: randomUUID(),
        resourceModel: "standard-small",
        storageSizeInGb: 20,
        access: { web: true, console: false },
        network: { mode: "PUBLIC", allowedUrls: [] },
      }),
    });
    const runtime = { ...withoutContainers(0), prepare: sinon.spy(async () => undefined) };
    const nothing = async () => undefined;
    const lifecycle = new Lifecycle({
      ...{ records, runtime: async () => runtime, opened: nothing, closed: nothing, ended: nothing },
      specOf: () => assert.fail("it is not prepared"),
      interrupted: () => undefined,
      log: () => undefined,
    });
    let written: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      written = resolve;
    });
    sinon.stub(records, "update").callsFake(async (of, change) => {
      const before = records.get(of);
      assert.ok(before !== undefined);
      const next = change(before);
      await disk;
      await records.put(of, next);
      return next;
    });

    const starting = lifecycle.start(id);
    const closing = lifecycle.close({ removeAll: false });
    written();
    await Promise.all([starting, closing]);
    assert.equal(records.get(id)?.status, "Starting", "it is taken up again at the next start");
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(runtime.prepare.notCalled);
  });
});
