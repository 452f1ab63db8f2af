import assert from "node:assert/strict";
import { IcaError } from "../../../provider/ica/transport/error";
import { WorkspaceApiMissing } from "../../../provider/ica/workspaces";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { contextFor, projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

/** What an earlier run left in the state. */
const stateWith = (inputs: WorkspaceInputs, status = "Stopped"): WorkspaceState =>
  stateOf(liveWorkspace({ status }), inputs);

describe("the workspace handler, reading and deleting", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
  });

  describe("reading", () => {
    const inputs = workspaceInputs({ desiredState: "running" });

    it("shows changes made by hand, a stop included", async () => {
      bench.has({ storageSizeInGb: 100, status: "Stopped", network: { mode: "PUBLIC", allowedUrls: [] } });
      const live = await handler.read(context, "ws-1", stateWith(inputs, "Running"));
      assert.deepEqual(live?.inputs, {
        ...inputs,
        storageGb: 100,
        desiredState: "stopped",
        network: "public",
        allowedUrls: [],
      });
      assert.equal(live?.state.status, "Stopped");
    });

    it("gives inputs only as inputs, so that a refresh leaves no outputs among them", async () => {
      bench.has({ status: "Running", webUrl: "http://web" });
      const live = await handler.read(context, "ws-1", stateWith(inputs, "Running"));
      assert.deepEqual(live?.inputs, inputs);
      assert.equal(live?.state.webUrl, "http://web");
    });

    it("forgets addresses that are not valid any more", async () => {
      bench.has({ status: "Stopped" });
      const before = { ...stateWith(inputs, "Running"), webUrl: "http://old", consolePort: 22 };
      const live = await handler.read(context, "ws-1", before);
      assert.equal(live?.state.webUrl, undefined);
      assert.equal(live?.state.consolePort, undefined);
    });

    it("uses the declaration as the state, as with Pulumi's option id, the configured project included", async () => {
      bench.has({ name: "by-hand", storageSizeInGb: 100, status: "Stopped" });
      const { projectId: _, allowRestart: __, ...declared } = inputs;
      const live = await handler.read(context, "ws-1", declared);
      assert.equal(live?.state.name, "by-hand");
      assert.equal(live?.state.storageGb, 100);
      assert.equal(live?.state.projectId, projectId);
      const { projectId: ___, ...nowhere } = context.config;
      const lost = handler.read({ ...context, config: { ...nowhere, projectId: undefined } }, "ws-1", declared);
      await assert.rejects(lost, /projectId is required: declare it, or set it/);
    });

    it("takes a null for no saved id", async () => {
      bench.has({ name: "by-hand", status: "Stopped" });
      const live = await handler.read(context, "ws-1", { ...inputs, workspaceId: null });
      assert.equal(live?.state.workspaceId, "ws-1");
      assert.equal(live?.state.name, "by-hand");
    });

    it("reports one that is gone", async () => {
      assert.equal(await handler.read(context, "ws-1", stateWith(inputs)), undefined);
    });

    for (const status of ["Deleting", "Deleted"]) {
      it(`treats one as gone when ICA calls it ${status}`, async () => {
        bench.has({ status });
        assert.equal(await handler.read(context, "ws-1", stateWith(inputs)), undefined);
      });
    }

    it("does not treat a server without workspace calls as one where all workspaces are gone", async () => {
      server.on("GET", `/api/projects/${projectId}/workspaces`, problem(404, "No"));
      await assert.rejects(handler.read(context, "ws-1", stateWith(inputs)), WorkspaceApiMissing);
    });

    for (const status of [400, 401, 403, 500]) {
      it(`does not treat ${status} as gone`, async () => {
        server.on("GET", one, problem(status, "No"));
        await assert.rejects(handler.read(context, "ws-1", stateWith(inputs)), IcaError);
      });
    }
  });

  describe("deleting", () => {
    const remove = () => handler.delete(context, "ws-1", stateWith(workspaceInputs()));

    it("stops a running workspace first", async () => {
      bench.has({ status: "Running" });
      await remove();
      assert.deepEqual(bench.written, ["stop", "delete"]);
      assert.equal(bench.workspaces.size, 0);
    });

    for (const status of ["Stopped", "Failed"]) {
      it(`needs no stop from ${status}`, async () => {
        bench.has({ status });
        await remove();
        assert.deepEqual(bench.written, ["delete"]);
      });
    }

    it("keeps what the same run adopted for another resource: it would delete what is declared", async () => {
      const { id, state } = await handler.create(context, workspaceInputs());
      const run = contextFor(server.baseUrl);
      await handler.create(run, workspaceInputs());
      await handler.delete(run, id, state);
      assert.ok(!bench.written.includes("delete"));
      assert.match(run.log.warnings.join(), /^kept, .*deleteBeforeReplace/);
      await handler.delete(contextFor(server.baseUrl), id, state);
      assert.ok(bench.written.includes("delete"), "a later run deletes it as ever");
    });

    it("of one that is already gone succeeds", async () => {
      await remove();
      assert.deepEqual(bench.written, []);
    });

    it("waits for a start or a stop in progress", async () => {
      for (const [status, calls] of [
        ["Starting", ["stop", "delete"]],
        ["Stopping", ["delete"]],
      ] as const) {
        const before = bench.written.length;
        bench.has({ status });
        if (status === "Stopping") bench.goes("ws-1", [{ status: "Stopping" }, { status: "Stopped" }]);
        await remove();
        assert.deepEqual(bench.written.slice(before), calls, status);
      }
    });

    it("is done when it goes in the meantime", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, () => {
        bench.workspaces.clear();
        return problem(404, "Gone");
      });
      await remove();
    });

    for (const [what, first] of [
      ["a reset", "reset"],
      ["503", problem(503, "Busy")],
    ] as const) {
      it(`is asked for again after ${what}`, async () => {
        bench.has();
        let calls = 0;
        server.on("POST", `${one}:delete`, () => {
          if (++calls === 1) return first;
          bench.workspaces.clear();
          return { status: 204 };
        });
        await remove();
        assert.equal(calls, 2);
      });
    }

    for (const [status, live] of [
      [404, undefined],
      [409, "Deleting"],
    ] as const) {
      it(`is done when its answer was lost and ICA says ${status} to the next`, async () => {
        bench.has();
        let calls = 0;
        server.on("POST", `${one}:delete`, () => {
          if (++calls > 1) return problem(status, "It is no more");
          if (live === undefined) bench.workspaces.clear();
          else bench.goes("ws-1", [{ status: live }, { status: "Deleted" }]);
          return "reset";
        });
        await remove();
        assert.equal(calls, 2);
      });
    }

    it("that ICA refuses because of its status is an error with ICA's message", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, problem(409, "A snapshot is being made"));
      await assert.rejects(remove(), /A snapshot is being made/);
      assert.equal(bench.workspaces.size, 1);
    });

    for (const call of ["stop", "delete"]) {
      it(`is not done when ICA has no such call as :${call}: the workspace stays in the state`, async () => {
        bench.has({ status: "Running" });
        server.on("POST", `${one}:${call}`, problem(404, "No such path"));
        await assert.rejects(remove(), /No such path/);
        assert.equal(bench.workspaces.size, 1);
      });
    }

    it("waits until ICA has deleted it, and asks once", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, () => {
        let looks = 0;
        server.on("GET", one, () => {
          if (++looks <= 3) return ok(liveWorkspace({ status: "Deleting" }));
          bench.workspaces.clear();
          return problem(404, "Gone");
        });
        return { status: 204 };
      });
      await remove();
      assert.equal(server.count("GET", one), 5);
      assert.deepEqual(bench.written, ["delete"]);
    });

    it("is done at ICA's own word that it is deleted", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, () => {
        bench.has({ status: "Deleted" });
        return { status: 204 };
      });
      await remove();
      assert.deepEqual(bench.written, ["delete"]);
    });

    it("that never ends is an error after its time, and stays in the state", async () => {
      bench.has({ status: "Deleting" });
      await assert.rejects(remove(), /"genomics" is Deleting 10m 00s after its deletion was asked for/);
      assert.deepEqual(bench.written, []);
    });

    it("that ICA fails at is an error: the workspace stays in the state", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, problem(500, "Oops"));
      await assert.rejects(remove(), (error: unknown) => error instanceof IcaError && error.status === 500);
    });

    it("at a wrong address, which answers 404 to everything, is an error: it must not empty a stack", async () => {
      const other = await ScriptedServer.start();
      await assert.rejects(
        handler.delete(contextFor(other.baseUrl), "ws-1", stateWith(workspaceInputs())),
        (error: unknown) => error instanceof IcaError && /GET \/api\/projects\/[0-9-]+ was refused/.test(error.message),
      );
      await other.close();
    });

    it("at a server without workspace calls is an error too", async () => {
      server.on("GET", `/api/projects/${projectId}/workspaces`, problem(404, "No"));
      await assert.rejects(remove(), WorkspaceApiMissing);
    });
  });
});
