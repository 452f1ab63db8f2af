import assert from "node:assert/strict";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { problem } from "../../support/servers/scripted-server";
import { workspaceUpdate } from "../../support/updates";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

describe("a workspace whose change was interrupted", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
  });

  const declared = (overrides: Partial<WorkspaceInputs> = {}) =>
    workspaceInputs({ image: "image-2", allowRestart: true, ...overrides });
  const update = (state: WorkspaceState, next = declared()) => handler.update(context, "ws-1", state, next);
  const running = () => stateOf(liveWorkspace({ status: "Running" }), workspaceInputs({ allowRestart: true }));

  describe("in its restart, with no run state declared", () => {
    /** What breaks the first run, until it is taken back; what happens by itself after that; how the first run leaves the workspace. */
    type Break = { readonly break: () => readonly (() => void)[]; readonly after?: () => void; readonly ends: string };
    const breaks: Readonly<Record<string, Break>> = {
      "by a stop that takes too long": {
        break: () => {
          bench.afterStop = [{ status: "Stopping" }];
          return [server.on("POST", `${one}:start`, problem(500, "Down"))];
        },
        after: () => bench.goes("ws-1", [{ status: "Stopping" }, { status: "Stopping" }, { status: "Stopped" }]),
        ends: "Stopping",
      },
      "by a refused change, after which the start failed": {
        break: () => [
          server.on("PUT", one, problem(400, "No such image")),
          server.on("POST", `${one}:start`, problem(500, "Down")),
        ],
        ends: "Stopped",
      },
      "by a start that takes too long": {
        break: () => {
          bench.afterStart = [{ status: "Starting" }];
          return [];
        },
        after: () => bench.goes("ws-1", [{ status: "Starting" }, { status: "Running" }]),
        ends: "Starting",
      },
      "by an image that does not start": {
        break: () => {
          bench.afterStart = [{ status: "Starting" }, { status: "Failed", statusMessage: "no ica_start.sh" }];
          return [];
        },
        ends: "Failed",
      },
    };
    for (const [what, { break: breakIt, after, ends }] of Object.entries(breaks)) {
      it(`${what} runs again after the next run, which the state triggers`, async () => {
        bench.has({ status: "Running" });
        const broken = breakIt();
        const { state } = await partialOf<WorkspaceState>(update(running()));
        assert.equal(state.status, ends);
        for (const takeBack of broken) takeBack();
        bench.afterStart = [{ status: "Starting" }, { status: "Running" }];
        after?.();

        const refreshed = await handler.read(context, "ws-1", state);
        assert.ok(refreshed);
        assert.equal("restarting" in refreshed.inputs, false, "the program does not declare it");
        const next = declared();
        const kept = { ...refreshed.state, image: "image-2" };
        if (kept.status !== "Running") {
          assert.deepEqual(await handler.diff(context, "ws-1", kept, next), workspaceUpdate(["status"], true));
          assert.match(context.log.lines.join(), /was stopped for a change that failed, and is started again/);
        }
        const ended = await update(refreshed.state, next);
        assert.equal(ended.status, "Running");
        assert.equal(ended.restarting, undefined);
        assert.equal(bench.workspaces.get("ws-1")?.imageId, "image-2");
        assert.deepEqual(await handler.diff(context, "ws-1", ended, next), { kind: "unchanged" });
        assert.deepEqual(
          context.log.warnings.filter((line) => /stays stopped/.test(line)),
          [],
        );
      });
    }

    it("is forgotten once it runs, or its run state is declared", async () => {
      bench.has({ status: "Running" });
      const state = { ...running(), restarting: true as const };
      assert.equal((await handler.read(context, "ws-1", state))?.state.restarting, undefined);
      bench.has({ status: "Stopped" });
      const stopped = { ...state, status: "Stopped", desiredState: "stopped" as const };
      const next = workspaceInputs({ allowRestart: true, desiredState: "stopped" });
      assert.deepEqual(await handler.diff(context, "ws-1", stopped, next), { kind: "unchanged" });
      assert.equal((await update(stopped, next)).status, "Stopped");
      assert.deepEqual(bench.written, []);
    });
  });

  describe("on its way to the declared run state", () => {
    for (const [desiredState, status, ends] of [
      ["running", "Starting", "Running"],
      ["stopped", "Stopping", "Stopped"],
    ] as const) {
      it(`${status}: the next run continues to wait, also when a refresh saw it`, async () => {
        bench.has({ status });
        const inputs = workspaceInputs({ desiredState });
        const seen = await handler.read(context, "ws-1", stateOf(liveWorkspace({ status }), inputs));
        assert.ok(seen);
        assert.deepEqual(await handler.diff(context, "ws-1", seen.state, inputs), workspaceUpdate(["status"], true));
        assert.match(context.log.lines.join(), new RegExp(`is ${status}, and is waited for until it is ${ends}`));
        bench.goes("ws-1", [{ status }, { status: ends }]);
        const state = await handler.update(context, "ws-1", seen.state, inputs);
        assert.equal(state.status, ends);
        assert.deepEqual(bench.written, []);
        assert.deepEqual(await handler.diff(context, "ws-1", state, inputs), { kind: "unchanged" });
      });
    }
  });
});
