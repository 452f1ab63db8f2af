import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { isWrite } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";

describe("the engine with a program that looks things up", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let imageId: string;

  const workspaceArgs = {
    resourceModel: "standard-small",
    storageGb: 20,
    access: { web: true, console: false },
    network: "public",
  } as const;

  /** A stack with its settings in its own configuration, the key as a secret: the program runs in this process. */
  async function stackOf(name: string, program: PulumiFn): Promise<Stack> {
    const stack = await bench.stack(name, program);
    await stack.setAllConfig({
      "ica:apiKey": { value: bench.apiKey, secret: true },
      "ica:projectId": { value: bench.projectId },
      "ica:baseUrl": { value: `${bench.calls.url}/ica/rest` },
    });
    return stack;
  }

  const written = () => bench.calls.take().filter(isWrite);
  const collection = () => `/api/projects/${bench.projectId}/workspaces`;

  before(async () => {
    bench = await startTestBench();
    const context = await bench.imageContext("image");
    const publisher = await bench.stack("publisher", async () => {
      const image = new ica.BenchImage("page", { build: { context }, access: { web: true, console: true } });
      return { imageId: image.imageId };
    });
    imageId = String((await publisher.up()).outputs.imageId?.value);
  });

  after(async () => {
    await bench?.close();
  });

  describe("for an image that another stack has published", () => {
    let stack: Stack;
    before(async () => {
      stack = await stackOf("user", async () => {
        const image = ica.getImageOutput({ name: "page" });
        const workspace = new ica.Workspace("hello", { ...workspaceArgs, image: image.imageId });
        const versions = (await ica.listImages({ name: "page" })).map(({ version }) => version);
        const found = ica.getWorkspaceOutput({ workspaceId: workspace.workspaceId });
        return { imageId: image.imageId, version: image.version, versions, itsName: found.name };
      });
    });

    it("finds it in preview, and writes nothing", async () => {
      bench.calls.take();
      const { stdout } = await stack.preview({ diff: true, color: "never" });
      assert.match(stdout, new RegExp(`image *: "${imageId}"`), stdout);
      assert.deepEqual(written(), []);
    });

    it("creates the workspace from it, with plain outputs", async () => {
      const { outputs } = await stack.up();
      assert.equal(outputs.itsName?.value, "engine-test-user-hello");
      assert.deepEqual(outputs.versions?.value, [outputs.version?.value]);
      for (const [name, { secret }] of Object.entries(outputs)) assert.equal(secret, false, `${name} is no secret`);
      const { body } = await bench.byHand("GET", collection());
      assert.equal((body as { items: { imageId: string }[] }).items[0]?.imageId, imageId);
    });

    it("leaves the key out of every resource's state, and changes nothing on a second up", async () => {
      // The export shows secrets. The engine itself keeps the configuration with its default provider, encrypted.
      const { resources } = (await stack.exportStack()).deployment as { resources: { type: string }[] };
      const ours = resources.filter(({ type }) => !type.startsWith("pulumi:providers:"));
      assert.ok(ours.length > 0 && !JSON.stringify(ours).includes(bench.apiKey));
      const file = path.join(bench.dir, "state/.pulumi/stacks/engine-test/user.json");
      assert.ok(!(await readFile(file, "utf8")).includes(bench.apiKey));
      bench.calls.take();
      assert.deepEqual((await stack.up()).summary.resourceChanges, { same: 2 });
      assert.deepEqual(written(), []);
      await stack.destroy();
    });

    it("says what there is when it is not there, without a stack trace", async () => {
      const wrong = await stackOf("wrong", async () => {
        await ica.getImage({ name: "pgae" });
      });
      await assert.rejects(wrong.preview({ color: "never" }), (error: Error) => {
        assert.match(error.message, /ICA has no Bench image named "pgae"\. There are: page\./);
        assert.doesNotMatch(error.message, /lookup\.(ts|js)/);
        return true;
      });
    });
  });

  describe("to adopt what was created by hand", () => {
    let stack: Stack;
    let id: string;
    let args: ica.ExistingWorkspaceArgs = {};
    before(async () => {
      const settings = {
        name: "by-hand",
        imageId,
        resourceModel: "standard-medium",
        storageSizeInGb: 30,
        access: { web: true, console: true },
        network: { mode: "RESTRICTED", allowedUrls: ["https://cran.r-project.org"] },
      };
      const { status, body } = await bench.byHand("POST", collection(), settings);
      assert.equal(status, 201, JSON.stringify(body));
      id = String((body as { id: string }).id);
      stack = await stackOf("taker", async () => {
        const image = ica.BenchImage.fromExisting("page", imageId);
        const workspace = ica.Workspace.fromExisting("mine", id, args);
        return { imageId: image.imageId, version: image.version, workspaceId: workspace.workspaceId };
      });
    });

    it("adopts both, and writes nothing", async () => {
      bench.calls.take();
      const { outputs, summary } = await stack.up();
      assert.deepEqual(summary.resourceChanges, { create: 3 });
      assert.deepEqual([outputs.imageId?.value, outputs.workspaceId?.value], [imageId, id]);
      assert.deepEqual(written(), []);
    });

    it("changes nothing on a second up", async () => {
      assert.deepEqual((await stack.up()).summary.resourceChanges, { same: 3 });
      assert.deepEqual(written(), []);
    });

    it("changes what is declared from then on, and keeps the rest", async () => {
      args = { storageGb: 40 };
      assert.deepEqual((await stack.up()).summary.resourceChanges, { same: 2, update: 1 });
      assert.deepEqual(
        written().map(({ method }) => method),
        ["PUT"],
      );
      const { body } = await bench.byHand("GET", `${collection()}/${id}`);
      const { storageSizeInGb, resourceModel, name } = body as Record<string, unknown>;
      assert.deepEqual([storageSizeInGb, resourceModel, name], [40, "standard-medium", "by-hand"]);
      await stack.destroy();
    });
  });
});
