import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { startTestBench, type TestBench } from "./bench";
import { bytesPerWorkspace, declareFleet, makeImage, multiply } from "./fleet";

describe("a stack of 1,000 workspaces", function () {
  this.timeout(180_000);
  const count = 1000;
  let bench: TestBench;
  let stack: Stack;
  let declaredCount = 1;

  before(async () => {
    bench = await startTestBench({ containers: false });
    const image = await makeImage(bench);
    stack = await bench.stack("many", async () => declareFleet(declaredCount, image));
    await stack.up();
    await multiply(bench, stack, count);
    declaredCount = count;
  });

  after(async () => {
    await bench?.close();
  });

  it("is refreshed with at most 30 calls, and shows no change where there is none", async () => {
    bench.calls.take();
    const t = Date.now();
    const { changeSummary } = await stack.preview({ refresh: true, diff: true });
    const calls = bench.calls.take();
    console.log(calls.length, Date.now() - t, calls.map((c) => c.path).slice(0, 4));
    assert.ok(calls.length <= 30, `${calls.length} calls`);
    assert.deepEqual(changeSummary, { same: count + 1 });
    assert.ok((await bytesPerWorkspace(stack)) <= 4096);
  });
});
