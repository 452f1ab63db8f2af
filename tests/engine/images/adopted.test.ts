import { strict as assert } from "node:assert";
import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { TestImages } from "../../docker/images";
import { isWrite, type RecordedCall } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";
import { listen } from "../workspaces/workspaces";

describe("the engine with an image that is in ICA already", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let context: string;
  let docker: string;
  /** Of the two declarations below, which one a program has. */
  let versions: "that follow the content" | "that are declared";

  before(async () => {
    bench = await startTestBench();
    docker = bench.docker.command;
    context = await bench.imageContext("image");
  });

  after(() => bench?.close());

  const stackOf = (name: string): Promise<Stack> =>
    bench.stack(name, async () => {
      const declared = versions === "that are declared" ? { name: "named", version: "1.2", regions: ["use1"] } : {};
      const image = new ica.BenchImage("page", { build: { context }, access: { web: true }, ...declared });
      return { imageId: image.imageId };
    });

  /** No Docker at all, and no caches, as on a fresh CI runner. */
  const freshRunner = async () => {
    bench.env.XDG_CACHE_HOME = await mkdtemp(path.join(bench.dir, "no-caches-"));
    bench.env.ICA_BENCH_DOCKER = path.join(bench.dir, "no-docker");
  };

  /** Runs what `pulumi up` does, a preview and the update, and gives the calls that they made. */
  const up = async (stack: Stack) => {
    bench.calls.take();
    await bench.docker.take();
    await stack.preview();
    const { summary, stdout } = await stack.up();
    const calls = bench.calls.take();
    assert.deepEqual(await bench.docker.take(), [], "not a single docker call");
    assert.deepEqual(calls.filter(isWrite), [], "nothing is written");
    return { calls, changes: summary.resourceChanges, stdout, imageId: String((await stack.outputs()).imageId?.value) };
  };

  /** Each of the two processes that an `up` takes, preview and update, logs in once. */
  const beyondLogins = (calls: readonly RecordedCall[]) => {
    const logins = calls.filter(({ path: each }) => each.endsWith("/api/tokens"));
    assert.ok(logins.length <= 2, `${logins.length} log-ins`);
    return calls.filter((call) => !logins.includes(call));
  };

  for (const kind of ["that follow the content", "that are declared"] as const) {
    describe(`of versions ${kind}`, () => {
      let stack: Stack;
      let imageId: string;
      // All messages, log-ins included, where the version itself names the content; else beside the log-ins.
      const within = (calls: readonly RecordedCall[]) => {
        const counted = kind === "that are declared" ? beyondLogins(calls) : calls;
        const listed = counted.map(({ method, path: each }) => `${method} ${each}`).join("\n");
        assert.ok(counted.length <= 5, `${counted.length} calls:\n${listed}`);
      };

      before(async () => {
        versions = kind;
        bench.env.ICA_BENCH_DOCKER = docker;
        stack = await stackOf("first");
        await stack.up();
        imageId = String((await stack.outputs()).imageId?.value);
      });

      it("asks ICA nothing on a second up, on a fresh runner neither", async () => {
        await freshRunner();
        const { calls, changes } = await up(await stackOf("first"));
        assert.deepEqual(calls, []);
        assert.deepEqual(changes, { same: 2 });
      });

      it("adopts it for a second stack on a fresh runner, in at most five calls", async () => {
        await freshRunner();
        const second = await up(await stackOf("second"));
        assert.equal(second.imageId, imageId);
        assert.match(second.stdout, /adopting .*: no build, no upload/);
        within(second.calls);
      });

      it("adopts it after the stack's state was lost, in at most five calls", async () => {
        await stack.workspace.removeStack("first", { force: true });
        await freshRunner();
        const again = await up(await stackOf("first"));
        assert.equal(again.imageId, imageId);
        assert.deepEqual(again.changes, { create: 2 });
        within(again.calls);
        await stack.workspace.removeStack("first", { force: true });
        await stack.workspace.removeStack("second", { force: true });
      });
    });
  }

  describe("of the local Docker", () => {
    const images = new TestImages();
    after(() => images.removeAll());

    it("does not change on a runner without the image and without Docker, when another resource changes", async () => {
      bench.env.ICA_BENCH_DOCKER = docker;
      const tag = images.tag();
      const platform = "linux/amd64";
      await (await images.docker()).build({ context, tag, platform, labels: { "pulumi-ica": "test" } });
      let reference = tag;
      let note = "before";
      const stackOfIt = () =>
        bench.stack("local", async () => {
          const image = new ica.BenchImage("page", { image: reference, access: { web: true } });
          return { imageId: image.imageId, note };
        });
      await (await stackOfIt()).up();
      await freshRunner();
      note = "after";
      const stack = await stackOfIt();
      const events = listen();
      const { summary, outputs } = await stack.up({ onEvent: events.onEvent });
      assert.deepEqual(summary.resourceChanges, { same: 2 });
      assert.equal(outputs.note?.value, "after");
      assert.match(
        events.told("page").messages.join(),
        /could not look at image .*, and takes it to be what was .*no-docker/s,
      );
      reference = images.tag();
      await assert.rejects(stack.preview(), /no-docker/, "another one is looked at, and has to be there");
      await stack.workspace.removeStack("local", { force: true });
    });
  });
});
