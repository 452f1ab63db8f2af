import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { startTestBench, type TestBench } from "../bench";
import { declareFleet, listAll, makeImage } from "../workspaces/fleet";

describe("an up of 200 workspaces at parallel 32, when ICA answers 10 calls a second", function () {
  this.timeout(480_000);
  const count = 200;
  let bench: TestBench;
  let stack: Stack;

  before(async () => {
    bench = await startTestBench({ containers: false, transitionMs: 500, requestsPerSecond: 10 });
    const image = await makeImage(bench);
    stack = await bench.stack("limited", async () => declareFleet(count, image, { desiredState: "running" }));
  });

  after(async () => {
    await bench?.close();
  });

  it("ends with no error and no duplicate, though ICA refused calls on the way", async () => {
    const { summary } = await stack.up({ parallel: 32 });
    assert.equal(summary.result, "succeeded");
    const calls = bench.calls.take();
    assert.ok(
      calls.some(({ status }) => status === 429),
      "the limit was met",
    );
    const made = await listAll(bench);
    assert.equal(made.length, count);
    assert.equal(new Set(made.map(({ name }) => name)).size, count);
    assert.deepEqual([...new Set(made.map(({ status }) => status))], ["Running"]);
    const done = (form: RegExp) =>
      calls.filter(({ method, path, status }) => method === "POST" && form.test(path) && status < 300).length;
    assert.deepEqual([done(/\/workspaces$/), done(/:start$/)], [count, count], "each was made and started once");
    const looks = calls.filter(({ method, status }) => method === "GET" && status < 300).length;
    // One each before it is made; the waits share the list: without that each of them looks at least twice.
    assert.ok(looks < 2 * count, `${looks} reads`);
  });
});
