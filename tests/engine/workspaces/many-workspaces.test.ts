import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { isWrite } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";
import { bytesPerWorkspace, declareFleet, listAll, makeImage, multiply } from "./fleet";

describe("a stack of 1,000 workspaces", function () {
  this.timeout(240_000);
  const count = 1000;
  let bench: TestBench;
  let stack: Stack;
  let declared = 1;

  before(async () => {
    bench = await startTestBench({ containers: false });
    const image = await makeImage(bench);
    stack = await bench.stack("many", async () => declareFleet(declared, image));
    await stack.up();
    await multiply(bench, stack, count);
    declared = count;
  });

  after(async () => {
    await bench?.close();
  });

  it("is refreshed with at most 30 calls, and finds the one that was changed and the one that is gone", async () => {
    const live = await listAll(bench);
    const [changed, gone] = [live[500], live[900]];
    assert.ok(changed !== undefined && gone !== undefined);
    const { id, timeCreated, timeModified, projectId, status, webUrl, ...settings } = changed;
    const below = `/api/projects/${bench.projectId}/workspaces`;
    assert.equal(
      (await bench.byHand("PUT", `${below}/${id}`, { ...settings, resourceModel: "standard-large" })).status,
      200,
    );
    assert.equal((await bench.byHand("POST", `${below}/${gone.id}:delete`)).status, 204);
    bench.calls.take();
    const { changeSummary } = await stack.preview({ refresh: true });
    const calls = bench.calls.take();
    assert.ok(calls.length <= 30, `${calls.length} calls`);
    assert.deepEqual(calls.filter(isWrite), []);
    // Two less than all are the same, and the stack itself is.
    assert.deepEqual(changeSummary, { same: count - 2 + 1, update: 1, create: 1 });
  });

  it("keeps at most 4 KB of state for each", async () => {
    const bytes = await bytesPerWorkspace(stack);
    assert.ok(bytes <= 4096, `${bytes} bytes`);
  });
});
