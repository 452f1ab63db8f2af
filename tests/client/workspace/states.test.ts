import assert from "node:assert/strict";
import { PartialError } from "../../../provider/handler";
import type { Workspace } from "../../../provider/ica/workspaces";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { RefusedChange } from "../../../provider/workspace/plan/refused-change";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { ok, problem } from "../../support/servers/scripted-server";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

describe("a workspace found in any state", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
  });

  const update = (next: Partial<WorkspaceInputs>, status = "Running"): Promise<WorkspaceState> =>
    handler.update(context, "ws-1", stateOf(liveWorkspace({ status }), workspaceInputs()), workspaceInputs(next));

  const toStopped = [{ status: "Stopping" }, { status: "Stopping" }, { status: "Stopped" }];
  const toRunning = [{ status: "Starting" }, { status: "Running" }];
  const running = { desiredState: "running" } as const;
  const stopped = { desiredState: "stopped" } as const;
  const restart = { image: "image-2", allowRestart: true };
  /** Found in a state, with what is declared: what is written, where it ends, and what it goes through by itself. */
  type Way = readonly [string, Partial<WorkspaceInputs>, readonly string[], string, (readonly Partial<Workspace>[])?];
  const ways: Readonly<Record<string, Way>> = {
    "declared running": ["Starting", running, [], "Running", toRunning],
    "declared stopped": ["Starting", stopped, ["stop"], "Stopped"],
    "declared stopped ": ["Stopping", stopped, [], "Stopped", toStopped],
    "declared running ": ["Stopping", running, ["start"], "Running", toStopped],
    "declared running, and the cause is gone": ["Failed", running, ["start"], "Running"],
    "declared stopped, and hopeless": ["Failed", stopped, ["stop"], "Stopped"],
    "left to people, with a change in place": ["Failed", { storageGb: 100 }, ["update"], "Failed"],
    "left to people, with a change that restarts": ["Failed", { image: "image-2" }, ["update"], "Failed"],
    "declared running, with a change that restarts": [
      "Failed",
      { image: "image-2", ...running },
      ["update", "start"],
      "Running",
    ],
    "left to people, with a restart allowed": ["Stopping", restart, ["update"], "Stopped", toStopped],
    "left to people, with a restart allowed ": ["Starting", restart, ["stop", "update", "start"], "Running"],
  };

  for (const [what, [status, next, writes, ends, goes]] of Object.entries(ways)) {
    it(`${status}, ${what.trim()}: ${writes.join(", ") || "only waits"}, and is ${ends} then`, async () => {
      bench.has({ status });
      if (goes !== undefined) bench.goes("ws-1", goes);
      const state = await update(next, status);
      assert.deepEqual(bench.written, writes);
      assert.equal(state.status, ends);
    });
  }

  describe("whose name is unknown", () => {
    const idle = { status: "Idle" };

    it("is not restarted without permission", async () => {
      bench.has(idle);
      await assert.rejects(update({ image: "image-2" }, "Idle"), /allowRestart: true/);
      assert.deepEqual(bench.written, []);
    });

    it("is restarted with permission, and runs then", async () => {
      bench.has(idle);
      assert.equal((await update(restart, "Idle")).status, "Running");
      assert.deepEqual(bench.written, ["stop", "update", "start"]);
    });

    it("gets one stop call, and the provider waits until the time limit", async () => {
      bench.has(idle);
      bench.afterStop = [{ status: "Hibernating" }];
      const began = context.clock.now();
      await assert.rejects(update(stopped, "Idle"), /is Hibernating, not Stopped, after 20m/);
      assert.deepEqual(bench.written, ["stop"]);
      assert.ok(context.clock.now() - began >= 20 * 60_000);
    });
  });

  describe("that failed before", () => {
    const failed = { status: "Failed", statusMessage: "the old reason" };

    it("is started once more when the first call failed, and its old reason is not reported", async () => {
      bench.has(failed);
      const takeBack = server.on("POST", `${one}:start`, () => {
        takeBack();
        return problem(503, "Busy");
      });
      assert.equal((await update(running, "Failed")).status, "Running");
      assert.deepEqual(bench.written, ["start", "start"]);
    });

    it("is waited for when its status lags behind the start", async () => {
      bench.has(failed);
      bench.afterStart = [{}, {}, ...toRunning];
      assert.equal((await update(running, "Failed")).status, "Running");
      assert.deepEqual(bench.written, ["start"]);
    });

    it("fails with the new reason as soon as there is one, and with the old one when it had its time", async () => {
      bench.has(failed);
      bench.afterStart = [{ statusMessage: "the new reason" }];
      const began = context.clock.now();
      await assert.rejects(update(running, "Failed"), /failed to start: the new reason/);
      assert.ok(context.clock.now() - began < 5000);
      bench.afterStart = [];
      await assert.rejects(update(running, "Failed"), /failed to start: the new reason/);
      assert.deepEqual(bench.written, ["start", "start"]);
    });
  });

  it("is started again when a start does not take, and runs then", async () => {
    bench.has();
    let starts = 0;
    server.on("POST", `${one}:start`, () => {
      if (++starts === 2) bench.goes("ws-1", toRunning);
      return { status: 204 };
    });
    assert.equal((await update({ desiredState: "running" }, "Stopped")).status, "Running");
    assert.equal(starts, 2);
  });

  it("reports a start that never takes effect, long before the time limit", async () => {
    bench.has();
    bench.afterStart = [];
    const began = context.clock.now();
    await assert.rejects(update({ desiredState: "running" }, "Stopped"), /accepted it 3 times, and nothing happened/);
    assert.deepEqual(bench.written, ["start", "start", "start"]);
    assert.ok(context.clock.now() - began < 2 * 60_000);
  });

  it("is started again when a user stops it while it starts, because it is declared running", async () => {
    bench.has();
    let starts = 0;
    server.on("POST", `${one}:start`, () => {
      bench.goes("ws-1", ++starts === 1 ? [{ status: "Starting" }, ...toStopped, ...Array(20).fill({})] : toRunning);
      return { status: 204 };
    });
    assert.equal((await update({ desiredState: "running" }, "Stopped")).status, "Running");
    assert.equal(starts, 2);
  });

  it("is reported as deleted when a user deletes it while it starts", async () => {
    bench.has();
    server.on("POST", `${one}:start`, () => {
      bench.workspaces.clear();
      return { status: 204 };
    });
    await assert.rejects(update({ desiredState: "running" }, "Stopped"), (error: unknown) => {
      assert.ok(error instanceof RefusedChange && !(error instanceof PartialError));
      assert.match(error.message, /was deleted by another user.*"pulumi up --refresh" makes a new one/);
      return true;
    });
  });

  it("is reported as deleted when a user deletes it during a restart", async () => {
    bench.has({ status: "Running" });
    let looks = 0;
    server.on("GET", one, () => {
      looks++;
      if (looks === 1) return ok(liveWorkspace({ status: "Running" }));
      if (looks < 4) return ok(liveWorkspace({ status: "Stopped" }));
      bench.workspaces.clear();
      return problem(404, "No such workspace");
    });
    server.on("PUT", one, problem(404, "No such workspace"));
    await assert.rejects(update(restart), /was deleted by another user/);
  });

  it("keeps a change that a user makes during a restart, and starts the workspace again", async () => {
    bench.has({ status: "Running" });
    bench.afterStop = [{ status: "Stopping" }, { status: "Stopped", resourceModel: "theirs" }];
    await assert.rejects(update(restart), /changed by another user at the same time; nothing was overwritten/);
    assert.deepEqual(bench.written, ["stop", "start"]);
    assert.equal(bench.workspaces.get("ws-1")?.resourceModel, "theirs");
  });

  it("does not overwrite what changed between the last look and the write: ICA compares the versions", async () => {
    bench.has();
    server.on("PUT", one, problem(409, "Changed since it was read"));
    await assert.rejects(update({ storageGb: 100 }, "Stopped"), /Changed since it was read/);
    assert.equal(server.count("PUT", one), 1, "it is not tried again");
    assert.match(String(server.calls("PUT", one)[0]?.headers["if-match"]), /^"v/);
  });

  it("warns when it ran and is stopped now, because a killed restart may have left it so", async () => {
    bench.has({ status: "Stopped" });
    await update({ image: "image-2" }, "Running");
    assert.deepEqual(bench.written, ["update"]);
    assert.match(context.log.warnings.join(), /ran when this stack last looked, and is stopped now/);
  });

  it("does not warn when its run state is managed, or when it was stopped before", async () => {
    bench.has({ status: "Stopped" });
    await update({ storageGb: 100 }, "Stopped");
    await update({ storageGb: 101, desiredState: "stopped" }, "Running");
    assert.deepEqual(context.log.warnings, []);
  });
});
