import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { listen, WorkspaceBench } from "../workspaces/workspaces";
import { withPlugin } from "./with-plugin";

/** A workspace as a program without an SDK declares it. */
class Workspace extends pulumi.CustomResource {
  declare readonly workspaceId: pulumi.Output<string>;
  constructor(name: string, args: pulumi.Inputs) {
    super("ica:index:Workspace", name, { workspaceId: undefined, ...args });
  }
}

describe("the plugin on the engine", function () {
  this.timeout(60_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let args: pulumi.Inputs;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    stack = await withPlugin(
      await workspaces.stack("plugin", async () => ({ id: new Workspace("w", args).workspaceId })),
    );
    args = workspaces.genomics();
  });

  after(async () => {
    await workspaces?.close();
  });

  it("creates, previews no change, updates in place by path, refreshes and destroys", async () => {
    const { outputs } = await stack.up({ color: "never" });
    const made = await workspaces.named("genomics");
    assert.equal(outputs.id?.value, made.id, "the output is ICA's id");

    const { changeSummary } = await stack.preview({ color: "never" });
    assert.deepEqual(changeSummary, { same: 2 }, "a second preview has no change");

    args = { ...args, access: { web: true, console: true } };
    const { told, onEvent } = listen();
    await stack.up({ color: "never", onEvent });
    assert.deepEqual(told("w").ops, ["update"]);
    const now = await workspaces.named("genomics");
    assert.deepEqual([now.id, now.access], [made.id, { web: true, console: true }], "changed in place");

    const refreshed = await stack.refresh({ color: "never" });
    assert.deepEqual(refreshed.summary.resourceChanges, { same: 2 });
    await stack.destroy({ color: "never" });
    assert.deepEqual(await workspaces.list(), []);
  });

  it("refuses a misspelt setting with the nearest name", async () => {
    await stack.setConfig("ica:projctId", { value: "x" });
    await assert.rejects(
      stack.preview({ color: "never" }),
      /ica:projctId is not a setting.*did you mean ica:projectId\?/,
    );
    await stack.removeConfig("ica:projctId");
  });
});
