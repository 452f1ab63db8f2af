import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { isWrite } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";
import { pageAndWorkspace } from "../program/page-and-workspace";
import { pageAt } from "../program/page-at";

describe("the engine with an ICA that has no workspace calls", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let stack: Stack;

  before(async () => {
    bench = await startTestBench({ workspaces: false });
    const context = await bench.imageContext("image");
    stack = await bench.stack("no-workspace-api", async () => {
      const { image, workspace } = pageAndWorkspace(context, { web: true, console: true });
      return { imageId: image.imageId, imageStatus: image.status, webUrl: workspace.webUrl };
    });
  });

  after(async () => {
    await bench?.close();
  });

  /** What the state has, by the last word of its type. */
  const kept = async () => {
    const { deployment } = await stack.exportStack();
    const { resources, pending_operations: pending = [] } = deployment as {
      resources: { type: string; id?: string; outputs?: Record<string, unknown> }[];
      pending_operations?: unknown[];
    };
    assert.deepEqual(pending, [], "no operation is left pending");
    return resources.filter(({ type }) => type.includes("ica:"));
  };

  it("publishes the image, and fails at the workspace: which call, which status, what to read", async () => {
    await assert.rejects(stack.up({ color: "never" }), (error: Error) => {
      const said = error.message.replace(/\s+/g, " ");
      assert.match(said, /does not serve the workspace calls that pulumi-ica assumes/);
      assert.match(said, new RegExp(`GET /api/projects/${bench.projectId}/workspaces answered 404`));
      assert.match(said, /Images keep working/);
      assert.match(said, /docs\/assumptions\.md/);
      assert.match(said, /ica-bench doctor/);
      return true;
    });
  });

  it("leaves nothing half done: the image is published and known, and there is no trace of a workspace", async () => {
    const resources = await kept();
    assert.deepEqual(
      resources.map(({ type }) => type),
      [ica.BenchImage.__pulumiType],
    );
    assert.equal(resources[0]?.outputs?.status, "AVAILABLE");
    assert.equal((await bench.byHand("GET", `/api/dockerImages/${resources[0]?.id}`)).status, 200);
    const written = bench.calls.take().filter((call) => isWrite(call) && call.path.includes("/workspaces"));
    assert.deepEqual(written, [], "no workspace call that writes was tried");
  });

  it("refreshes, previews and fails again in the same way, and publishes nothing twice", async () => {
    await bench.docker.take();
    await stack.refresh();
    await stack.preview();
    await assert.rejects(stack.up(), /does not serve the workspace calls/);
    assert.equal((await kept()).length, 1);
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => /^(build|buildx|save)/.test(line)),
      [],
    );
  });

  it("finishes with the same program once the calls are there", async () => {
    const [image] = await kept();
    await bench.restart({ workspaces: true });
    bench.calls.take();
    const result = await stack.up();
    assert.deepEqual(result.summary.resourceChanges, { create: 1, same: 2 }, result.stdout);
    assert.equal((await kept()).find(({ type }) => type === ica.BenchImage.__pulumiType)?.id, image?.id);
    assert.ok(
      !bench.calls.take().some((call) => isWrite(call) && call.path.includes("/dockerImages")),
      "the image is not touched",
    );
    const { webUrl } = await stack.outputs();
    assert.match(await pageAt(webUrl?.value), /Hello from a Bench workspace/);
    await stack.destroy();
  });
});
