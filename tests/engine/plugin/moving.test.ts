import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk";
import { listen, WorkspaceBench } from "../workspaces/workspaces";
import { withPlugin } from "./with-plugin";

describe("a stack that moves to the plugin and back", function () {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let served: "dynamic" | "plugin";
  let console: boolean;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    stack = await workspaces.stack("moving", async () => {
      const opts = served === "plugin" ? { provider: new ica.Provider("ica") } : {};
      const args = { ...workspaces.genomics(), access: { web: true, console } };
      return { id: new ica.Workspace("w", args, opts).workspaceId };
    });
    await withPlugin(stack);
  });

  after(async () => {
    await workspaces?.close();
  });

  const up = async () => {
    const { told, onEvent } = listen();
    const { outputs } = await stack.up({ color: "never", onEvent });
    return { id: String(outputs.id?.value), ops: told("w").ops };
  };

  it("keeps its workspace, and deletes it in the end", async () => {
    [served, console] = ["dynamic", false];
    const made = await up();
    assert.deepEqual(made.ops, ["create"]);

    served = "plugin";
    assert.deepEqual(await up(), { id: made.id, ops: ["same"] }, "to the plugin");
    console = true;
    assert.deepEqual(await up(), { id: made.id, ops: ["update"] }, "changed by the plugin");
    assert.deepEqual((await workspaces.named("genomics")).access, { web: true, console: true });

    served = "dynamic";
    const { ops, id } = await up();
    assert.equal(id, made.id, "back to the dynamic host");
    assert.ok(!ops.some((op) => /replace|create|delete/.test(op)), ops.join());
    assert.deepEqual((await up()).ops, ["same"]);

    const refreshed = await stack.refresh({ color: "never" });
    assert.deepEqual(Object.keys(refreshed.summary.resourceChanges ?? {}), ["same"]);
    await stack.destroy({ color: "never" });
    assert.deepEqual(await workspaces.list(), []);
  });
});
