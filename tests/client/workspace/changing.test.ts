import assert from "node:assert/strict";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { ok, problem } from "../../support/servers/scripted-server";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

/** What an earlier run left in the state. */
const stateWith = (inputs: WorkspaceInputs, status = "Stopped"): WorkspaceState =>
  stateOf(liveWorkspace({ status }), inputs);

describe("the workspace handler, changing", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
  });

  describe("changing", () => {
    it("nothing writes nothing", async () => {
      bench.has({ status: "Running" });
      const inputs = workspaceInputs({ desiredState: "running" });
      await handler.update(context, "ws-1", stateWith(inputs, "Running"), { ...inputs, allowRestart: true });
      assert.deepEqual(bench.written, []);
    });

    it("what can change in place leaves a running workspace running", async () => {
      bench.has({ status: "Running" });
      const next = workspaceInputs({ storageGb: 100, name: "renamed" });
      const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next);
      assert.deepEqual(bench.written, ["update"]);
      assert.equal(state.status, "Running");
      assert.equal(state.storageGb, 100);
    });

    it("keeps fields that ICA filled in and the program does not declare", async () => {
      bench.has({ users: "MULTI", ephemeralStorage: true });
      await handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 }));
      const { users, ephemeralStorage } = bench.workspaces.get("ws-1") ?? {};
      assert.deepEqual([users, ephemeralStorage], ["MULTI", true]);
      const [sent] = server.calls("PUT", one);
      assert.match(JSON.stringify(sent?.body), /"ephemeralStorage":true,"users":"MULTI"/);
    });

    it("is based on the version that was read", async () => {
      bench.has();
      server.on("GET", one, ok(liveWorkspace(), { ETag: '"v7"' }));
      await handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 }));
      assert.equal(server.calls("PUT", one)[0]?.headers["if-match"], '"v7"');
    });

    it("what needs a restart restarts a running workspace when that is allowed", async () => {
      bench.has({ status: "Running" });
      const next = workspaceInputs({ image: "image-2", allowRestart: true, desiredState: "running" });
      const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next);
      assert.deepEqual(bench.written, ["stop", "update", "start"]);
      assert.equal(state.status, "Running");
    });

    it("restores a running workspace whose run state is not declared", async () => {
      bench.has({ status: "Running" });
      const next = workspaceInputs({ image: "image-2", allowRestart: true });
      const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next);
      assert.deepEqual(bench.written, ["stop", "update", "start"]);
      assert.equal(state.status, "Running");
      assert.equal(state.desiredState, undefined);
    });

    it("what needs a restart does not start a stopped workspace", async () => {
      bench.has({ status: "Stopped" });
      await handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ image: "image-2" }));
      assert.deepEqual(bench.written, ["update"]);
    });

    it("what needs a restart needs no permission when the workspace is to be stopped anyway", async () => {
      bench.has({ status: "Running" });
      const next = workspaceInputs({ image: "image-2", desiredState: "stopped" });
      const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next);
      assert.deepEqual(bench.written, ["stop", "update"]);
      assert.equal(state.status, "Stopped");
    });

    it("what needs a restart is refused for a running workspace without permission, and touches nothing", async () => {
      bench.has({ status: "Running" });
      const next = workspaceInputs({ image: "image-2" });
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next),
      );
      assert.match(error.message, /changing image \(.*\) needs a restart/);
      assert.match(error.message, /allowRestart: true/);
      assert.deepEqual(bench.written, []);
      assert.equal(error.state.image, "image-1", "the state has to say what ICA has");
    });

    it("that ICA refuses starts a workspace again that was stopped for it", async () => {
      bench.has({ status: "Running" });
      server.on("PUT", one, problem(400, "No such image"));
      const next = workspaceInputs({ image: "image-2", allowRestart: true });
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next),
      );
      assert.match(error.message, /No such image/);
      assert.deepEqual(bench.written, ["stop", "update", "start"]);
    });

    it("does not overwrite a change that another user made in the meantime", async () => {
      let looks = 0;
      server.on("GET", one, () => ok(liveWorkspace(++looks === 1 ? {} : { resourceModel: "theirs" })));
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 })),
      );
      assert.match(error.message, /changed by another user/);
      assert.deepEqual(bench.written, []);
    });

    it("never shrinks a disk that a user grew by hand", async () => {
      bench.has({ storageSizeInGb: 200 });
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ name: "renamed" })),
      );
      assert.match(error.message, /disk of 200 GB.*cannot shrink to 64 GB/);
      assert.deepEqual(bench.written, []);
    });

    it("of a workspace that is gone says what to do, and creates no new one silently", async () => {
      await assert.rejects(
        handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 })),
        /is gone: it was deleted outside this stack.*"pulumi up --refresh"/,
      );
      assert.deepEqual(bench.written, []);
    });
  });
});
