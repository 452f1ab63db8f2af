import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { until } from "../../support/until";
import { describeBoth } from "../adapters";
import { WorkspaceBench } from "./workspaces";

describeBoth("the run state of a workspace when things go wrong", function (adapter) {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let declared: Partial<ica.WorkspaceArgs> = { desiredState: "running" };

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
    stack = await workspaces.stack("states", async (served) => {
      new ica.Workspace("genomics", { ...workspaces.genomics(), ...declared }, served);
    });
  });

  after(async () => {
    await workspaces?.close();
  });

  const live = () => workspaces.named("genomics");
  const statusIs = (status: string) =>
    until(`it is ${status}`, async () => (await workspaces.list()).some((one) => one.status === status));

  /** An `up` under way; `ended` settles with what it said. */
  function begin(refresh = false): Promise<string> {
    workspaces.takeWrites();
    return stack.up({ color: "never", refresh }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  it("Failed: the error has ICA's reason, the id is kept, and the next up starts the same workspace", async () => {
    workspaces.pretended.startFails = "no licence server";
    assert.match(await begin(), /"genomics" failed to start: no licence server/);
    const { id } = await live();
    workspaces.pretended.startFails = undefined;
    await begin();
    assert.deepEqual(workspaces.takeVerbs(), [":start"], "nothing is made twice");
    assert.deepEqual([(await live()).id, (await live()).status], [id, "Running"]);
  });

  it("Stopping: up waits for a manual stop, and starts the workspace again", async () => {
    const release = workspaces.pretended.holdStops();
    await workspaces.byHand("POST", `/${(await live()).id}:stop`);
    const ended = begin(true);
    await until("the up looks at it", () => workspaces.bench.calls.calls.length > 4);
    release();
    await ended;
    assert.deepEqual(workspaces.takeVerbs(), [":start"]);
    assert.equal((await live()).status, "Running");
  });

  it("Starting: up stops a manual start when declared stopped", async () => {
    declared = { desiredState: "stopped" };
    await begin();
    const release = workspaces.pretended.holdStarts();
    await workspaces.byHand("POST", `/${(await live()).id}:start`);
    await begin(true);
    release();
    assert.deepEqual(workspaces.takeVerbs(), [":stop"]);
    assert.equal((await live()).status, "Stopped");
  });

  it("a start that does not take effect is requested again", async () => {
    declared = { desiredState: "running" };
    workspaces.bench.calls.fail((method, path) => method === "POST" && path.endsWith(":start"), 500);
    await begin();
    assert.deepEqual(workspaces.takeVerbs(), [":start", ":start"]);
    assert.equal((await live()).status, "Running");
  });

  it("changed by hand in the middle of a restart: that is kept, the workspace runs again, and the error says so", async () => {
    declared = { desiredState: "running", resourceModel: "standard-large", allowRestart: true };
    const release = workspaces.pretended.holdStops();
    const ended = begin();
    await statusIs("Stopping");
    await workspaces.change((await live()).id, { storageSizeInGb: 50 });
    release();
    assert.match(await ended, /changed by another user at the same time; nothing was overwritten/);
    assert.deepEqual(workspaces.takeVerbs(), [":stop", ":start"]);
    await statusIs("Running");
    const { storageSizeInGb, resourceModel } = await live();
    assert.deepEqual([storageSizeInGb, resourceModel], [50, "standard-small"]);
  });

  it("deleted in the middle of a start: the error says so, and the next up with refresh creates a new one", async () => {
    declared = { desiredState: "stopped", storageGb: 50 };
    await begin(true);
    declared = { desiredState: "running", storageGb: 50 };
    const release = workspaces.pretended.holdStarts();
    const ended = begin();
    await statusIs("Starting");
    const { id } = await live();
    await workspaces.press(id, "stop");
    await workspaces.press(id, "delete");
    assert.match(await ended, /"genomics" \(.*\) was deleted by another user at the same time/);
    release();
    await begin(true);
    assert.deepEqual(workspaces.takeVerbs(), ["POST", ":start"]);
    assert.notEqual((await live()).id, id);
  });

  it("running at the end: destroy stops it first, waits, and says what is lost", async () => {
    workspaces.takeWrites();
    const { stdout } = await stack.destroy({ color: "never" });
    assert.deepEqual(workspaces.takeVerbs(), [":stop", ":delete"]);
    assert.match(stdout, /deleted, and with it the 50 GB disk of its \/data/);
  });
});
