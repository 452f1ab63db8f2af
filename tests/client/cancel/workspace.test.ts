import { strict as assert } from "node:assert";
import { systemClock } from "../../../provider/clock";
import type { Context } from "../../../provider/context";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { contextFor, projectId, type RememberedLog } from "../../support/context";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { BenchServer } from "../../support/servers/bench-server";
import { ScriptedServer } from "../../support/servers/scripted-server";
import { until } from "../../support/until";

const collection = `/api/projects/${projectId}/workspaces`;
const one = `${collection}/ws-1`;
const running = { desiredState: "running" } as const;

describe("a workspace whose run is cancelled", () => {
  let server: ScriptedServer;
  let bench: BenchServer;
  let context: Context;
  let run: AbortController;
  let log: RememberedLog;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    bench = new BenchServer(server);
    run = new AbortController();
    const test = contextFor(server.baseUrl, {}, run.signal);
    log = test.log;
    context = { ...test, clock: systemClock };
  });
  afterEach(() => server.close());

  /** Cancels the run once the call has come. */
  async function cancelAt(method: string, path: string | RegExp, times = 1): Promise<void> {
    await until(`${method} ${path} came`, () => server.count(method, path) >= times, 20_000);
    run.abort(new Error("Pulumi cancelled this run"));
  }

  /** The next run. */
  function again(): Context {
    return { ...contextFor(server.baseUrl), clock: systemClock };
  }

  const told = (step: Promise<unknown>) =>
    step.then(
      () => assert.fail("it succeeded"),
      (error: unknown) => String(error instanceof Error ? error.message : error),
    );

  it("while it waits to run, keeps its id and says how it goes on", async () => {
    bench.afterStart = [{ status: "Starting" }];
    const created = partialOf<WorkspaceState>(handler.create(context, workspaceInputs(running)));
    // The first look is at the new workspace, the second after its start.
    void cancelAt("GET", /workspaces\/made-1$/, 3);
    const { id, state, message } = await created;
    assert.equal(id, "made-1");
    assert.equal(
      message,
      'workspace "genomics": Pulumi cancelled this run in the wait for workspace "genomics" to be Running. The next "pulumi up" continues.',
    );
    assert.equal(state.status, "Starting", "the state is what ICA said last");
    bench.goes("made-1", [{ status: "Running" }]);
    const next = await handler.update(again(), id, state, workspaceInputs(running));
    assert.equal(next.status, "Running");
    assert.deepEqual(bench.written, ["create", "start"], "nothing was made or started twice");
  });

  it("with its creation in flight, keeps the id that comes a moment later", async () => {
    server.on("POST", collection, ({ body }) => ({
      status: 201,
      body: bench.has({ ...(body as object), id: "late-1" }),
      after: new Promise((resolve) => run.signal.addEventListener("abort", () => setTimeout(resolve, 500))),
    }));
    const created = partialOf<WorkspaceState>(handler.create(context, workspaceInputs(running)));
    await cancelAt("POST", collection);
    const { id, state } = await created;
    assert.equal(id, "late-1");
    assert.equal(state.status, "Stopped");
  });

  it("with its creation in flight and no answer, says that ICA may have made it", async () => {
    server.on("POST", collection, "silence");
    const created = told(handler.create(context, workspaceInputs()));
    await cancelAt("POST", collection);
    assert.equal(
      await created,
      `workspace "genomics": POST ${collection}: Pulumi cancelled this run before ICA answered, and ICA may have carried it out. The next "pulumi up" continues.`,
    );
  });

  describe("in a change with a restart", () => {
    const before = workspaceInputs({ allowRestart: true });
    const next = { ...before, image: "image-2" };
    const was = () => stateOf(liveWorkspace({ status: "Running" }), before);

    for (const [step, method, path, applied] of [
      ["its stop", "POST", `${one}:stop`, "image-1"],
      ["the wait for its stop", "GET", one, "image-1"],
      ["the change", "PUT", one, "image-1"],
      ["its start", "POST", `${one}:start`, "image-2"],
    ] as const) {
      it(`at ${step}, sends nothing more, keeps what ICA has, and runs again with the next run`, async () => {
        bench.has({ status: "Running" });
        const restore = step === "the wait for its stop" ? undefined : server.on(method, path, "silence");
        if (restore === undefined) {
          bench.afterStop = [{ status: "Stopping" }];
        }
        const updated = partialOf<WorkspaceState>(handler.update(context, "ws-1", was(), next));
        await cancelAt(method, path, restore === undefined ? 3 : 1);
        const sent = server.seen.length;
        const { state, message } = await updated;
        assert.match(message, /^workspace "genomics": .*Pulumi cancelled this run.*The next "pulumi up" continues\.$/);
        assert.match(message, /; the workspace may be stopped until then\. The next/);
        assert.equal(server.seen.length, sent, "a call was sent after the run was cancelled");
        assert.deepEqual(log.warnings, [], "nothing else is tried");
        assert.deepEqual([state.image, state.restarting], [applied, true]);
        restore?.();
        bench.goes("ws-1", [{ status: "Stopped" }]);
        bench.afterStop = [{ status: "Stopped" }];
        const ended = await handler.update(again(), "ws-1", state, next);
        assert.deepEqual([ended.status, ended.image, ended.restarting], ["Running", "image-2", undefined]);
      });
    }
  });

  it("at its deletion, says that the same command continues", async () => {
    bench.has();
    server.on("POST", `${one}:delete`, "silence");
    const deleted = told(handler.delete(context, "ws-1", stateOf(liveWorkspace(), workspaceInputs())));
    await cancelAt("POST", `${one}:delete`);
    assert.equal(
      await deleted,
      `workspace "genomics": POST ${one}:delete: Pulumi cancelled this run before ICA answered, and ICA may have carried it out. The next run of the same command continues.`,
    );
  });

  it("in a refresh, says what was not read", async () => {
    server.on("GET", new RegExp(`^${collection}`), "silence");
    const read = told(handler.read(context, "ws-1", { ...stateOf(liveWorkspace(), workspaceInputs()) }));
    await cancelAt("GET", new RegExp(`^${collection}`));
    assert.match(
      await read,
      /^workspace "genomics": GET .*: Pulumi cancelled this run before ICA answered\. Run the same command again\.$/,
    );
  });
});

describe("the engine's limit for one call (customTimeouts)", () => {
  let server: ScriptedServer;
  let bench: BenchServer;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    bench = new BenchServer(server);
  });
  afterEach(() => server.close());

  it("takes the place of timeouts, gives the handler's own message, and never reaches the state", async () => {
    bench.afterStart = [{ status: "Starting" }];
    const inputs = workspaceInputs({ desiredState: "running", timeouts: { create: "40m" } });
    const context = { ...contextFor(server.baseUrl), limitMs: 3000 };
    const { id, message, state } = await partialOf<WorkspaceState>(handler.create(context, inputs));
    assert.equal(id, "made-1");
    assert.match(message, /^workspace "genomics" is Starting, not Running, after 3s\. It stays in the state/);
    assert.deepEqual(state.timeouts, { create: "40m" });
    assert.doesNotMatch(JSON.stringify(state), /limit|3000|3s/);
  });
});
