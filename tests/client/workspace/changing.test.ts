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

    describe('with whileRunning: "defer"', () => {
      const defer = { whileRunning: "defer" } as const;
      const declared = workspaceInputs({ ...defer, image: "image-2" });

      it("leaves a running workspace as it is, says so, and keeps what waits in the state", async () => {
        bench.has({ status: "Running" });
        const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), declared);
        assert.deepEqual(bench.written, []);
        assert.deepEqual([state.image, state.pendingChanges], [workspaceInputs().image, { image: "image-2" }]);
        assert.match(context.log.warnings.join(), /pending: the workspace runs, .* after that changes image \(/);
      });

      it("writes what needs no restart, with ICA's values of the rest", async () => {
        bench.has({ status: "Running" });
        const next = { ...declared, storageGb: 100 };
        const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), next);
        assert.deepEqual(bench.written, ["update"]);
        const { storageSizeInGb, imageId } = bench.workspaces.get("ws-1") ?? {};
        assert.deepEqual([storageSizeInGb, imageId], [100, workspaceInputs().image]);
        assert.deepEqual([state.storageGb, state.pendingChanges], [100, { image: "image-2" }]);
      });

      const waiting: WorkspaceState = {
        ...stateWith(workspaceInputs(defer), "Running"),
        pendingChanges: { image: "image-2" },
      };

      it("is no change while the workspace runs, one that is named once it is stopped, and none after that", async () => {
        bench.has({ status: "Running" });
        await handler.check(context, declared, undefined);
        assert.deepEqual(await handler.diff(context, "ws-1", waiting, declared), { kind: "unchanged" });
        bench.has({ status: "Stopped" });
        const change = await handler.diff(context, "ws-1", waiting, declared);
        assert.deepEqual([change.kind, "fields" in change && change.fields], ["update", ["image"]]);
        const state = await handler.update(context, "ws-1", waiting, declared);
        assert.deepEqual([bench.written, state.image, state.pendingChanges], [["update"], "image-2", undefined]);
        assert.deepEqual(await handler.diff(context, "ws-1", state, declared), { kind: "unchanged" });
      });

      it("is an update when the declared value is another one, and when the program takes the change back", async () => {
        bench.has({ status: "Running" });
        const other = { ...declared, image: "image-3" };
        await handler.check(context, other, undefined);
        assert.equal((await handler.diff(context, "ws-1", waiting, other)).kind, "update");
        const next = await handler.update(context, "ws-1", waiting, other);
        assert.deepEqual(next.pendingChanges, { image: "image-3" });
        const back = workspaceInputs(defer);
        assert.equal((await handler.diff(context, "ws-1", next, back)).kind, "update");
        assert.equal((await handler.update(context, "ws-1", next, back)).pendingChanges, undefined);
        assert.deepEqual(bench.written, []);
      });

      it("is an update when the program takes back one of two changes that wait", async () => {
        bench.has({ status: "Running" });
        const both = { ...waiting, pendingChanges: { image: "image-2", resourceModel: "gpu-small" } };
        await handler.check(context, declared, undefined);
        assert.equal((await handler.diff(context, "ws-1", both, declared)).kind, "update");
        const state = await handler.update(context, "ws-1", both, declared);
        assert.deepEqual(state.pendingChanges, { image: "image-2" });
      });

      it("is no drift when a refresh reads the workspace, unless that field was changed by hand", async () => {
        bench.has({ status: "Running" });
        const read = await handler.read(context, "ws-1", waiting);
        assert.equal(read?.inputs.image, "image-2");
        assert.deepEqual(read?.state.pendingChanges, { image: "image-2" });
        bench.has({ status: "Running", imageId: "by-hand" });
        const changed = await handler.read(context, "ws-1", waiting);
        assert.deepEqual([changed?.inputs.image, changed?.state.pendingChanges], ["by-hand", undefined]);
      });

      it("leaves one that a user starts between the last look and the change, which ICA refuses", async () => {
        bench.has({ status: "Stopped" });
        server.on("PUT", one, () => {
          bench.has({ status: "Starting" });
          return problem(409, "imageId can change only while it is stopped");
        });
        const state = await handler.update(context, "ws-1", waiting, declared);
        assert.deepEqual([state.status, state.pendingChanges], ["Starting", { image: "image-2" }]);
      });

      it("leaves one that a user starts right before it is changed", async () => {
        bench.has({ status: "Stopped" });
        let reads = 0;
        server.on("GET", one, () => ok(liveWorkspace({ status: ++reads > 1 ? "Running" : "Stopped" })));
        const state = await handler.update(context, "ws-1", waiting, declared);
        assert.deepEqual([bench.written, state.pendingChanges], [[], { image: "image-2" }]);
      });
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
