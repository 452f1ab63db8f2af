import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { connectDocker } from "../../../runtime/docker/connect";
import * as ica from "../../../sdk";
import { startTestBench, type TestBench } from "../bench";
import { listen } from "../workspaces/workspaces";
import { withPlugin } from "./with-plugin";

/** Not the name that other tests give their images, and remove with. */
const name = "plugin-page";

describe("an image, with the plugin", function () {
  this.timeout(120_000);
  let bench: TestBench;
  let stack: Stack;
  let context: string;
  let description: string;

  before(async () => {
    bench = await startTestBench({ containers: false });
    context = path.join(bench.dir, "tiny");
    await mkdir(context);
    await content("one");
    stack = await bench.stack("image", async () => {
      const provider = new ica.Provider("ica");
      const image = new ica.BenchImage(
        name,
        { build: { context }, access: { web: true }, verify: "none", description },
        { provider },
      );
      const plain = {
        resourceModel: "standard-small",
        storageGb: 10,
        access: { web: true },
        network: "public" as const,
      };
      const workspace = new ica.Workspace("w", { ...plain, image: image.imageId }, { provider });
      return { imageId: image.imageId, contextHash: image.contextHash, workspace: workspace.name };
    });
    await withPlugin(stack);
    description = "first";
  });

  after(async () => {
    await bench?.close();
    const docker = await connectDocker();
    for (const { RepoTags } of await docker.listImages({ filters: { reference: [`pulumi-ica/${name}`] } }))
      for (const tag of RepoTags ?? []) await docker.getImage(tag).remove();
  });

  const content = (text: string) =>
    writeFile(path.join(context, "Dockerfile"), `FROM scratch\nLABEL text=${text}\nCOPY Dockerfile /\n`);

  it("is built, uploaded and registered, and a workspace of it is created under the plugin's default name", async () => {
    const { changeSummary } = await stack.preview({ color: "never" });
    assert.deepEqual(changeSummary, { create: 4 });
    const { outputs } = await stack.up({ color: "never" });
    const { status, body } = await bench.byHand("GET", `/api/dockerImages/${outputs.imageId?.value}`);
    assert.equal(status, 200);
    assert.equal((body as { name: string }).name, name);
    assert.match(String(outputs.workspace?.value), /-image-w$/);
    assert.deepEqual((await stack.preview({ color: "never" })).changeSummary, { same: 4 });
  });

  it("changes in place by its path, and its id stays known to the workspace", async () => {
    description = "second";
    const { told, onEvent } = listen();
    await stack.preview({ color: "never", onEvent });
    assert.deepEqual([told(name).ops, told(name).diffs], [["update"], ["description"]]);
    assert.deepEqual(told("w").ops, ["same"]);
  });

  it("is replaced when its content changes, with the reason, and the workspace gets the new one", async () => {
    description = "first";
    await content("two");
    const { told, onEvent } = listen();
    await stack.up({ color: "never", onEvent });
    assert.ok(told(name).ops.includes("create-replacement"), told(name).ops.join());
    assert.ok(told(name).diffs.includes("contextHash"), told(name).diffs.join());
    assert.match(told(name).messages.join("\n"), /will be rebuilt: the Dockerfile changed/);
    assert.deepEqual(told("w").ops, ["update"]);
    await stack.destroy({ color: "never" });
  });
});
