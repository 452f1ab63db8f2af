import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { startTestBench, type TestBench } from "../bench";

describe("the engine with an image that leaves its regions when it is deleted", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let stack: Stack;
  let name = "page";
  let declared = true;
  /** As the engine replaces what a provider changes in place. */
  let replaceOnChanges: string[] = [];
  let verify: "inspect" | "none" = "inspect";

  before(async () => {
    bench = await startTestBench();
    const context = await bench.imageContext("image");
    stack = await bench.stack("regions", async () => {
      if (!declared) return;
      new ica.BenchImage(
        name,
        { name: "page", build: { context }, access: { web: true }, onDelete: "removeRegions", verify },
        { replaceOnChanges },
      );
    });
    await stack.up();
  });

  after(() => bench?.close());

  const regions = async (): Promise<string[]> => {
    const { body } = await bench.byHand("GET", "/api/dockerImages");
    const { items } = body as {
      items: { internalDockerImageSettings: { regions: { region: { code: string } }[] } }[];
    };
    assert.equal(items.length, 1, "there is one image");
    return (items[0]?.internalDockerImageSettings.regions ?? []).map(({ region }) => region.code);
  };

  it("keeps them when the resource is renamed without an alias", async () => {
    name = "renamed";
    const { stdout, summary } = await stack.up({ color: "never" });
    assert.deepEqual(summary.resourceChanges, { same: 1, create: 1, delete: 1 }, stdout);
    assert.deepEqual(await regions(), ["use1"], stdout);
    assert.match(stdout, /keeps its regions/);
  });

  it("keeps them when replaceOnChanges turns a change in place into a replacement", async () => {
    replaceOnChanges = ["verify"];
    verify = "none";
    const { stdout, summary } = await stack.up({ color: "never" });
    assert.deepEqual(summary.resourceChanges, { same: 1, replace: 1 }, stdout);
    assert.deepEqual(await regions(), ["use1"], stdout);
  });

  it("removes them when nothing of the program has the image any more", async () => {
    declared = false;
    await stack.up();
    assert.deepEqual(await regions(), []);
  });

  it("gives them back when it is declared again, and removes them on destroy", async () => {
    declared = true;
    const { stdout } = await stack.up({ color: "never" });
    assert.deepEqual(await regions(), ["use1"], stdout);
    await stack.destroy();
    assert.deepEqual(await regions(), []);
  });

  it("removes them on a destroy that runs the program too", async () => {
    await stack.up();
    assert.deepEqual(await regions(), ["use1"]);
    await stack.destroy({ runProgram: true });
    assert.deepEqual(await regions(), []);
  });
});
