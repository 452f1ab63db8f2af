import assert from "node:assert/strict";
import { IcaError } from "../../../provider/ica/transport/error";
import { WorkspaceApiMissing } from "../../../provider/ica/workspaces";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { RefusedChange } from "../../../provider/workspace/plan/refused-change";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { contextFor, projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { ok, problem } from "../../support/servers/scripted-server";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

/** What an earlier run left in the state. */
const stateWith = (inputs: WorkspaceInputs, status = "Stopped"): WorkspaceState =>
  stateOf(liveWorkspace({ status }), inputs);

describe("the workspace handler, creating, starting and stopping", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
  });

  describe("creating", () => {
    it("leaves a workspace stopped when its run state is not declared", async () => {
      const { id, state } = await handler.create(context, workspaceInputs());
      assert.equal(id, "made-1");
      assert.equal(state.status, "Stopped");
      assert.deepEqual(bench.written, ["create"]);
    });

    it("starts one that is declared running, and waits until it runs", async () => {
      bench.afterStart = [{ status: "Starting" }, { status: "Starting" }, { status: "Running", webUrl: "http://web" }];
      const { state } = await handler.create(context, workspaceInputs({ desiredState: "running" }));
      assert.equal(state.status, "Running");
      assert.equal(state.webUrl, "http://web");
      assert.equal(state.workspaceId, "made-1");
      assert.deepEqual(bench.written, ["create", "start"]);
      assert.ok(context.log.statuses.some((line) => /Starting/.test(line)));
    });

    it("sends a key, so that a lost answer creates nothing twice", async () => {
      await handler.create(context, workspaceInputs());
      const [made] = server.calls("POST", `/api/projects/${projectId}/workspaces`);
      assert.match(String(made?.headers["idempotency-key"]), /^pulumi-ica-[0-9a-f]{64}$/);
    });

    it("adopts what an interrupted run created with the same settings, and creates nothing twice", async () => {
      const { id } = await handler.create(context, workspaceInputs());
      bench.has({ id, network: { mode: "RESTRICTED", allowedUrls: ["https://CRAN.r-project.org/"] } });
      assert.equal((await handler.create(contextFor(server.baseUrl), workspaceInputs())).id, id);
      assert.equal(bench.workspaces.size, 1);
    });

    it("continues where the interrupted run stopped: it starts what was created but not started", async () => {
      await handler.create(context, workspaceInputs());
      const later = contextFor(server.baseUrl);
      const { state } = await handler.create(later, workspaceInputs({ desiredState: "running" }));
      assert.equal(state.status, "Running");
      assert.deepEqual(bench.written, ["create", "create", "start"]);
    });

    it("refuses a workspace of the same name with other settings, and says how to adopt it", async () => {
      bench.has({ storageSizeInGb: 100 });
      await assert.rejects(handler.create(context, workspaceInputs()), (error: unknown) => {
        assert.ok(error instanceof RefusedChange);
        assert.match(error.message, /"genomics" exists in this project with other settings \(id ws-1\)/);
        assert.match(error.message, /existingId: "ws-1"/);
        return true;
      });
      assert.deepEqual(bench.written, []);
    });

    it("changes a workspace that is adopted by its id to what is declared", async () => {
      bench.has({ name: "made by hand", storageSizeInGb: 10 });
      const { id } = await handler.create(context, workspaceInputs({ existingId: "ws-1" }));
      assert.equal(id, "ws-1");
      assert.deepEqual(bench.written, ["update"]);
      assert.equal(bench.workspaces.get("ws-1")?.name, "genomics");
      assert.equal(bench.workspaces.get("ws-1")?.storageSizeInGb, 64);
    });

    it("does not keep a workspace that it refused to adopt: it is not this stack's to delete", async () => {
      bench.has({ status: "Running", resourceModel: "gpu-small" });
      await assert.rejects(handler.create(context, workspaceInputs({ existingId: "ws-1" })), RefusedChange);
      assert.deepEqual(bench.written, []);
    });

    it("says when the workspace to adopt does not exist", async () => {
      await assert.rejects(handler.create(context, workspaceInputs({ existingId: "ws-9" })), /has no workspace ws-9/);
    });

    it("fails with a clear error when ICA has no workspace calls", async () => {
      server.on("GET", `/api/projects/${projectId}/workspaces`, problem(404, "No"));
      await assert.rejects(handler.create(context, workspaceInputs()), WorkspaceApiMissing);
    });
  });

  describe("starting", () => {
    const running = workspaceInputs({ desiredState: "running" });

    it("that takes too long is an error that keeps the id and what is known", async () => {
      bench.afterStart = [{ status: "Starting" }];
      const error = await partialOf<WorkspaceState>(
        handler.create(context, { ...running, timeouts: { create: "5m" } }),
      );
      assert.equal(error.id, "made-1");
      assert.equal(error.state.status, "Starting");
      assert.match(error.message, /"genomics" is Starting, not Running, after 5m 00s/);
      assert.match(error.message, /the next "pulumi up" continues to wait/);
    });

    it("keeps waiting in the next run, without a second start", async () => {
      bench.has({ status: "Starting" });
      server.inTurn(
        "GET",
        one,
        ...([ok(liveWorkspace({ status: "Starting" })), ok(liveWorkspace({ status: "Running" }))] as const),
      );
      const state = await handler.update(context, "ws-1", stateWith(running, "Starting"), running);
      assert.equal(state.status, "Running");
      assert.deepEqual(bench.written, []);
    });

    it("that fails gives ICA's reason, and keeps the id", async () => {
      bench.afterStart = [
        { status: "Starting" },
        { status: "Failed", statusMessage: "ica_start.sh: permission denied" },
      ];
      const error = await partialOf<WorkspaceState>(handler.create(context, running));
      assert.equal(error.id, "made-1");
      assert.match(error.message, /failed to start: ica_start\.sh: permission denied/);
      assert.equal(error.state.status, "Failed");
      assert.equal(error.state.desiredState, "failed", "the next preview has to show that it is not as declared");
    });

    it("is tried from Failed, since the cause may be gone", async () => {
      bench.has({ status: "Failed" });
      const state = await handler.update(context, "ws-1", stateWith(running, "Failed"), running);
      assert.equal(state.status, "Running");
      assert.deepEqual(bench.written, ["start"]);
    });

    it("waits for a stop in progress", async () => {
      bench.has();
      let looks = 0;
      server.on("GET", one, () =>
        ok(liveWorkspace({ status: ["Stopping", "Stopping", "Stopped", "Running"][looks++] ?? "Running" })),
      );
      await handler.update(context, "ws-1", stateWith(running), running);
      assert.deepEqual(bench.written, ["start"]);
    });

    it("that another user made first (409) is not an error", async () => {
      bench.has();
      server.on("POST", `${one}:start`, () => {
        bench.has({ status: "Running" });
        return problem(409, "Already starting");
      });
      const state = await handler.update(context, "ws-1", stateWith(running), running);
      assert.equal(state.status, "Running");
      assert.deepEqual(context.log.warnings, []);
    });

    it("whose answer was lost is settled by looking", async () => {
      bench.has();
      server.on("POST", `${one}:start`, () => {
        bench.has({ status: "Running" });
        return "reset";
      });
      assert.equal((await handler.update(context, "ws-1", stateWith(running), running)).status, "Running");
    });

    it("that never takes effect is requested again, and in the end fails with ICA's message", async () => {
      bench.has();
      server.on("POST", `${one}:start`, problem(500, "No machine of this size is free"));
      const error = await partialOf<WorkspaceState>(handler.update(context, "ws-1", stateWith(running), running));
      assert.match(error.message, /cannot start workspace "genomics": .*No machine of this size is free/);
      assert.deepEqual(bench.written, ["start", "start", "start"]);
    });

    it("that ICA refuses fails at once, with ICA's message", async () => {
      bench.has();
      server.on("POST", `${one}:start`, problem(403, "Not entitled"));
      const error = await partialOf<WorkspaceState>(handler.update(context, "ws-1", stateWith(running), running));
      assert.match(error.message, /Not entitled/);
      assert.deepEqual(bench.written, ["start"]);
    });

    it("that meets a 404 while the workspace is there keeps the id: nothing may be orphaned", async () => {
      server.on("POST", /:start$/, problem(404, "No such resource model"));
      const error = await partialOf<WorkspaceState>(handler.create(context, running));
      assert.equal(error.id, "made-1");
      assert.match(error.message, /No such resource model/);
    });

    it("that fails because the workspace vanished keeps no id: there is none to keep", async () => {
      server.on("POST", /:start$/, () => {
        bench.workspaces.clear();
        return problem(403, "Not entitled");
      });
      await assert.rejects(
        handler.create(context, running),
        (error: unknown) => error instanceof IcaError && /Not entitled/.test(error.message),
      );
    });

    it("keeps the id even when ICA cannot be asked any more", async () => {
      let made = false;
      server.on("POST", /:start$/, () => {
        made = true;
        return problem(403, "Not entitled");
      });
      server.on("GET", /\/workspaces\/made-1$/, () =>
        made ? problem(400, "Broken") : ok(liveWorkspace({ id: "made-1" })),
      );
      const error = await partialOf<WorkspaceState>(handler.create(context, running));
      assert.equal(error.id, "made-1");
      assert.equal(error.state.status, "Unknown");
      assert.match(error.message, /Not entitled/);
      assert.match(context.log.warnings.join(), /could not be read after the failure \(.*Broken/);
    });
  });

  describe("stopping", () => {
    const stopped = workspaceInputs({ desiredState: "stopped" });

    it("is asked for once, and waited for", async () => {
      bench.has({ status: "Running" });
      bench.afterStop = [{ status: "Stopping" }, { status: "Stopping" }, { status: "Stopped" }];
      const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), stopped);
      assert.equal(state.status, "Stopped");
      assert.deepEqual(bench.written, ["stop"]);
    });

    it("is asked for again when the first call was lost", async () => {
      bench.has({ status: "Running" });
      let calls = 0;
      server.on("POST", `${one}:stop`, () => {
        if (++calls === 1) return "reset";
        bench.has({ status: "Stopped" });
        return { status: 204 };
      });
      const state = await handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), stopped);
      assert.equal(state.status, "Stopped");
      assert.equal(calls, 2);
    });

    it("that never takes effect fails with ICA's message long before the time-out", async () => {
      bench.has({ status: "Running" });
      server.on("POST", `${one}:stop`, problem(500, "Stuck"));
      const start = context.clock.now();
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs(), "Running"), stopped),
      );
      assert.match(error.message, /cannot stop workspace "genomics": .*Stuck/);
      assert.ok(context.clock.now() - start < 5 * 60_000);
    });
  });
});
