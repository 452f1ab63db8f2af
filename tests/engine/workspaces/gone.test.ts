import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { listen, WorkspaceBench } from "./workspaces";

describe("a workspace that was deleted by hand, on the engine", function () {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let model: string;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    model = "standard-small";
    stack = await workspaces.stack("gone", async () => {
      const image = new ica.BenchImage("image", {
        name: "first",
        version: "1",
        existingId: workspaces.images.first,
        access: { web: true, console: true },
      });
      new ica.Workspace("genomics", {
        name: "genomics",
        image: image.imageId,
        resourceModel: model,
        storageGb: 20,
        access: { web: true },
        network: "restricted",
        allowRestart: true,
      });
    });
    await stack.up();
  });

  after(async () => {
    await workspaces?.close();
  });

  it("and changed: preview and up say that it is gone, and up --refresh creates a new one", async () => {
    const { id } = await workspaces.named("genomics");
    await workspaces.press(id, "delete");
    workspaces.takeWrites();
    model = "standard-medium";
    const gone = new RegExp(`workspace "genomics" \\(${id}\\) is gone: .*Run "pulumi up --refresh"`);
    for (const step of [() => stack.preview({ color: "never" }), () => stack.up({ color: "never" })])
      await assert.rejects(step(), ({ message }: Error) => {
        assert.match(message, gone);
        assert.doesNotMatch(message, /does not run|without a restart/);
        return true;
      });
    assert.deepEqual(workspaces.takeVerbs(), []);
    const { summary } = await stack.up({ refresh: true });
    assert.equal(summary.resourceChanges?.create, 1);
    assert.equal((await workspaces.named("genomics")).resourceModel, "standard-medium");
  });

  it("says nothing of changes when only its image is destroyed, and it with it", async () => {
    const { told, onEvent } = listen();
    const urn = "urn:pulumi:gone::engine-test::pulumi-nodejs:dynamic/ica:BenchImage::image";
    const { stdout } = await stack.destroy({ target: [urn], targetDependents: true, onEvent, color: "never" });
    assert.doesNotMatch(stdout, /does not run|restart/);
    assert.ok(told("genomics").ops.includes("delete"), "it is deleted with what it depends on");
    assert.equal((await workspaces.list()).length, 0);
  });
});
