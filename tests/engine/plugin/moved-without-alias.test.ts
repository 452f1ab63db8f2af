import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import * as ica from "../../../sdk/index";
import { WorkspaceBench } from "../workspaces/workspaces";
import { withPlugin } from "./with-plugin";

/** A workspace of the plugin's type, as a program without the SDK declares it: without an alias. */
class PluginWorkspace extends pulumi.CustomResource {
  constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    super("ica:index:Workspace", name, { workspaceId: undefined, ...args }, opts);
  }
}

describe("a stack that moves from the dynamic resources to the plugin without an alias, on the engine", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;

  before(async () => {
    workspaces = await WorkspaceBench.start();
  });

  after(async () => {
    await workspaces?.close();
  });

  it("is refused in words, and the workspace stays", async () => {
    const dynamic = "pulumi-nodejs:dynamic/ica:Workspace";
    let declare = (): unknown => new ica.Workspace("w", workspaces.genomics());
    const stack = await workspaces.stack("moved", async () => {
      declare();
    });
    await withPlugin(stack);
    await stack.up({ color: "never" });
    const { id } = await workspaces.named("genomics");
    workspaces.takeWrites();

    const before = declare;
    declare = () => new PluginWorkspace("w", workspaces.genomics());
    await assert.rejects(stack.up({ color: "never" }), (error: Error) => {
      assert.match(error.message, new RegExp(`exists in this project with these settings \\(id ${id}\\)`));
      assert.match(error.message, /\/data is untouched/);
      assert.ok(error.message.includes(`aliases: [{ type: "${dynamic}" }]`), error.message);
      return true;
    });
    assert.deepEqual([...new Set(workspaces.takeVerbs())], ["POST"], "only the refused creation was asked for");
    assert.equal((await workspaces.named("genomics")).id, id);

    declare = before;
    assert.deepEqual((await stack.preview({ color: "never" })).changeSummary, { same: 2 }, "the way back is open");
    await stack.destroy({ color: "never" });
  });
});
