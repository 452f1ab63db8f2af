import assert from "node:assert/strict";
import { IcaError } from "../../provider/ica/error.js";
import { WorkspaceApiMissing } from "../../provider/ica/workspaces.js";
import { unknownValue } from "../../provider/unknown.js";
import { workspaceHandler as handler, RefusedChange } from "../../provider/workspace/handler.js";
import type { WorkspaceInputs } from "../../provider/workspace/inputs.js";
import { stateOf, type WorkspaceState } from "../../provider/workspace/state.js";
import { BenchServer } from "../support/bench-server.js";
import { contextFor, projectId, type TestContext } from "../support/context.js";
import { dockerImage, liveWorkspace, workspaceInputs } from "../support/factories.js";
import { partialOf } from "../support/partial";
import { ok, problem, ScriptedServer } from "../support/scripted-server.js";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

/** What an earlier run left in the state. */
const stateWith = (inputs: WorkspaceInputs, status = "Stopped"): WorkspaceState =>
  stateOf(liveWorkspace({ status }), inputs);

describe("the workspace handler", () => {
  let server: ScriptedServer;
  let bench: BenchServer;
  let context: TestContext;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    bench = new BenchServer(server);
    context = contextFor(server.baseUrl);
  });
  afterEach(() => server.close());

  describe("creating", () => {
    it("leaves a workspace stopped whose run state nobody declared", async () => {
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

    it("sends a key, so that a lost answer makes nothing twice", async () => {
      await handler.create(context, workspaceInputs());
      const [made] = server.calls("POST", `/api/projects/${projectId}/workspaces`);
      assert.match(String(made?.headers["idempotency-key"]), /^[0-9a-f-]{36}$/);
    });

    it("takes over what an interrupted run made with the same settings, and makes nothing twice", async () => {
      bench.has({ network: { mode: "RESTRICTED", allowedUrls: ["https://CRAN.r-project.org/"] } });
      const { id } = await handler.create(context, workspaceInputs());
      assert.equal(id, "ws-1");
      assert.deepEqual(bench.written, []);
    });

    it("goes on where the interrupted run stopped: it starts what was made but not started", async () => {
      bench.has();
      const { state } = await handler.create(context, workspaceInputs({ desiredState: "running" }));
      assert.equal(state.status, "Running");
      assert.deepEqual(bench.written, ["start"]);
    });

    it("refuses a workspace of the same name with other settings, and says how to take it over", async () => {
      bench.has({ storageSizeInGb: 100 });
      await assert.rejects(handler.create(context, workspaceInputs()), (error: unknown) => {
        assert.ok(error instanceof RefusedChange);
        assert.match(error.message, /"genomics" exists in this project with other settings \(id ws-1\)/);
        assert.match(error.message, /existingId: "ws-1"/);
        return true;
      });
      assert.deepEqual(bench.written, []);
    });

    it("brings a workspace that is taken over by its id to what is declared", async () => {
      bench.has({ name: "made by hand", storageSizeInGb: 10 });
      const { id } = await handler.create(context, workspaceInputs({ existingId: "ws-1" }));
      assert.equal(id, "ws-1");
      assert.deepEqual(bench.written, ["update"]);
      assert.equal(bench.workspaces.get("ws-1")?.name, "genomics");
      assert.equal(bench.workspaces.get("ws-1")?.storageSizeInGb, 64);
    });

    it("does not keep a workspace whose taking over it refused: it is not this stack's to delete", async () => {
      bench.has({ status: "Running", resourceModel: "gpu-small" });
      await assert.rejects(handler.create(context, workspaceInputs({ existingId: "ws-1" })), RefusedChange);
      assert.deepEqual(bench.written, []);
    });

    it("says when the workspace to take over is not there", async () => {
      await assert.rejects(handler.create(context, workspaceInputs({ existingId: "ws-9" })), /has no workspace ws-9/);
    });

    it("fails clearly where ICA has no workspace calls", async () => {
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
      assert.match(error.message, /the next "pulumi up" goes on waiting/);
    });

    it("goes on waiting in the next run, without a second start", async () => {
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

    it("that fails says why in ICA's words, and keeps the id", async () => {
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

    it("waits for a stop that is under way", async () => {
      bench.has();
      let looks = 0;
      server.on("GET", one, () =>
        ok(liveWorkspace({ status: ["Stopping", "Stopping", "Stopped", "Running"][looks++] ?? "Running" })),
      );
      await handler.update(context, "ws-1", stateWith(running), running);
      assert.deepEqual(bench.written, ["start"]);
    });

    it("that somebody else was quicker with (409) is no error", async () => {
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

    it("that never takes is asked for again, and in the end fails with ICA's words", async () => {
      bench.has();
      server.on("POST", `${one}:start`, problem(500, "No machine of this size is free"));
      const error = await partialOf<WorkspaceState>(handler.update(context, "ws-1", stateWith(running), running));
      assert.match(error.message, /cannot start workspace "genomics": .*No machine of this size is free/);
      assert.deepEqual(bench.written, ["start", "start", "start"]);
    });

    it("that ICA refuses fails at once, with ICA's words", async () => {
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

    it("that never takes fails with ICA's words long before the time-out", async () => {
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

    it("keeps what ICA filled in by itself and nobody declared", async () => {
      bench.has({ users: "MULTI", ephemeralStorage: true });
      await handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 }));
      const { users, ephemeralStorage } = bench.workspaces.get("ws-1") ?? {};
      assert.deepEqual([users, ephemeralStorage], ["MULTI", true]);
      const [sent] = server.calls("PUT", one);
      assert.match(JSON.stringify(sent?.body), /"ephemeralStorage":true,"users":"MULTI"/);
    });

    it("is based on the very version that was read", async () => {
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

    it("restores a running workspace whose run state nobody manages", async () => {
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

    it("overwrites nothing that somebody else changed in the meantime", async () => {
      let looks = 0;
      server.on("GET", one, () => ok(liveWorkspace(++looks === 1 ? {} : { resourceModel: "theirs" })));
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 })),
      );
      assert.match(error.message, /changed by somebody else/);
      assert.deepEqual(bench.written, []);
    });

    it("never shrinks a disk that somebody grew by hand", async () => {
      bench.has({ storageSizeInGb: 200 });
      const error = await partialOf<WorkspaceState>(
        handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ name: "renamed" })),
      );
      assert.match(error.message, /disk of 200 GB.*cannot shrink to 64 GB/);
      assert.deepEqual(bench.written, []);
    });

    it("a workspace that is gone says what to do, and makes no new one behind the back", async () => {
      await assert.rejects(
        handler.update(context, "ws-1", stateWith(workspaceInputs()), workspaceInputs({ storageGb: 100 })),
        /does not exist any more\. "pulumi refresh"/,
      );
      assert.deepEqual(bench.written, []);
    });
  });

  describe("in preview", () => {
    const check = (changes: Record<string, unknown>, old: Partial<WorkspaceInputs> = {}) =>
      handler.check(context, { ...workspaceInputs(), ...changes }, workspaceInputs(old));

    it("refuses a restart of a running workspace at each field that asks for it", async () => {
      bench.has({ status: "Running" });
      const { failures } = await check({ image: "image-2", network: "public", allowedUrls: undefined, storageGb: 100 });
      assert.deepEqual(failures.map(({ property }) => property).sort(), ["allowedUrls", "image", "network"]);
      for (const { reason } of failures) assert.match(reason, /allowRestart: true/);
    });

    it("allows it for a stopped one, with permission, or when it is to be stopped", async () => {
      bench.has({ status: "Running" });
      assert.deepEqual((await check({ image: "image-2", allowRestart: true })).failures, []);
      assert.deepEqual((await check({ image: "image-2", desiredState: "stopped" })).failures, []);
      bench.has({ status: "Stopped" });
      assert.deepEqual((await check({ image: "image-2" })).failures, []);
    });

    it("asks ICA nothing when nothing needs a restart", async () => {
      await check({ storageGb: 100, desiredState: "running" });
      await check({ image: unknownValue });
      assert.equal(server.seen.length, 0);
    });

    it("refuses to lose /data, unless that is meant", async () => {
      const { failures } = await check({ storageGb: 10 });
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["storageGb"],
      );
      assert.match(failures[0]?.reason ?? "", /\/data would be lost.*allowDataLoss: true/);
      assert.deepEqual((await check({ storageGb: 10, allowDataLoss: true })).failures, []);
    });

    it("lets existingId name the very workspace that the resource manages already", async () => {
      bench.has();
      assert.deepEqual((await check({ existingId: "ws-1" })).failures, []);
      bench.has({ id: "ws-2", name: "another" });
      const { failures } = await check({ existingId: "ws-2" });
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["existingId"],
      );
      assert.match(failures[0]?.reason ?? "", /names another workspace.*allowDataLoss: true/);
    });

    const isNew = (changes: Record<string, unknown>) =>
      handler.check(context, { ...workspaceInputs(), ...changes }, undefined);
    const found = async (changes: Record<string, unknown>) =>
      (await isNew(changes)).failures.map(({ property, reason }) => `${property} ${reason}`);

    it("refuses access that the image does not offer, and a cluster with an image that is not made for it", async () => {
      bench.imageOf = (id) => dockerImage({ id });
      const told = await found({ access: { web: true, console: true }, cluster: { members: 2 } });
      assert.deepEqual(
        told.map((line) => line.split(" ")[0]),
        ["access.console", "cluster"],
      );
      assert.match(told[0] ?? "", /not offered by image "rstudio".*Docker Repository/);
      assert.match(told[1] ?? "", /cluster compatible/);
    });

    it("judges nothing that ICA does not report", async () => {
      bench.imageOf = (id) => dockerImage({ id, benchSettings: null });
      assert.deepEqual(await found({ access: { web: true, console: true }, cluster: { members: 2 } }), []);
    });

    it("asks about the manager's image too", async () => {
      bench.imageOf = (id) =>
        dockerImage({
          id,
          benchSettings: { clusterCompatible: id === "image-1", access: { web: true, console: true } },
        });
      assert.deepEqual(await found({ cluster: { members: 2 } }), []);
      assert.match(
        (await found({ cluster: { members: 2, managerImage: "m" } })).join(),
        /^cluster\.managerImage needs/,
      );
    });

    it("refuses an image that is not there, or is none for Bench", async () => {
      bench.imageOf = () => undefined;
      assert.deepEqual(await found({}), ["image ICA has no Docker image image-1"]);
      bench.imageOf = (id) => dockerImage({ id, type: "TOOL" });
      assert.match((await found({})).join(), /^image .*is a TOOL image/);
    });

    it("goes on where ICA does not tell what an image offers, and says so", async () => {
      server.on("GET", /^\/api\/dockerImages\//, problem(403, "Not for you"));
      assert.deepEqual(await found({}), []);
      assert.match(context.log.warnings.join(), /could not be looked up.*Not for you/);
    });

    it("asks ICA once for each image of a run, and not at all when nothing of it changes or it is not known yet", async () => {
      const asked = () => server.count("GET", /^\/api\/dockerImages\//);
      await isNew({ image: unknownValue });
      await check({ storageGb: 100 });
      assert.equal(asked(), 0);
      await Promise.all([isNew({ name: "a" }), isNew({ name: "b" }), isNew({ name: "c" })]);
      assert.equal(asked(), 1);
    });

    it("does not take away a workspace when existingId is no longer declared", async () => {
      assert.deepEqual((await check({}, { existingId: "ws-1" })).failures, []);
      const before = stateWith(workspaceInputs({ existingId: "ws-1" }));
      assert.deepEqual(await handler.diff(context, "ws-1", before, workspaceInputs()), {
        kind: "update",
        hidden: false,
      });
    });

    it("writes nothing", async () => {
      bench.has({ status: "Running" });
      await check({ image: "image-2", storageGb: 10 });
      await check({ image: "image-2" });
      assert.deepEqual(bench.written, []);
    });
  });

  describe("comparing", () => {
    const diff = (next: Partial<WorkspaceInputs>, state = stateWith(workspaceInputs())) =>
      handler.diff(context, "ws-1", state, workspaceInputs(next));

    it("finds nothing when nothing differs, whatever ICA reports beside it", async () => {
      const state = stateOf(liveWorkspace({ status: "Running", webUrl: "http://web" }), workspaceInputs());
      assert.deepEqual(await diff({}, state), { kind: "unchanged" });
    });

    it("updates what can be updated", async () => {
      for (const next of [{ name: "other" }, { image: "i" }, { storageGb: 65 }, { desiredState: "running" as const }])
        assert.deepEqual(await diff(next), { kind: "update", hidden: false });
    });

    it("replaces with the old one deleted first while both would have the same name, and warns of /data", async () => {
      assert.deepEqual(await diff({ storageGb: 10 }), { kind: "replace", because: ["storageGb"], deleteFirst: true });
      assert.match(
        context.log.warnings.join(),
        /"genomics" is replaced because of storageGb: all that is in its \/data is lost/,
      );
      assert.deepEqual(await diff({ storageGb: 10, name: "other" }), {
        kind: "replace",
        because: ["storageGb"],
        deleteFirst: false,
      });
    });

    it("says in words whether whoever works in it is cut off", async () => {
      const said = async (status: string, next: Partial<WorkspaceInputs>) => {
        context.log.lines.length = 0;
        bench.has({ status });
        await diff(next, stateWith(workspaceInputs(), "Running"));
        return context.log.lines.join();
      };
      assert.match(await said("Running", { image: "i" }), /"genomics" is restarted.*cut off: image \(the container/);
      assert.match(await said("Stopped", { image: "i" }), /does not run: changed without a restart: image/);
      assert.match(await said("Running", { image: "i", desiredState: "stopped" }), /is stopped, and changed then/);
      assert.match(
        await said("Running", { image: unknownValue }),
        /restarted if this turns out to be another one: image/,
      );
      assert.equal(await said("Running", { storageGb: 100, name: "renamed" }), "");
    });

    it("never replaces because of what is not known yet", async () => {
      assert.deepEqual(await diff({ projectId: unknownValue, image: unknownValue }), { kind: "update", hidden: false });
    });
  });

  describe("reading", () => {
    const inputs = workspaceInputs({ desiredState: "running" });

    it("shows what somebody changed by hand, a stop included", async () => {
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

    it("tells one that is gone", async () => {
      assert.equal(await handler.read(context, "ws-1", stateWith(inputs)), undefined);
    });

    it("does not take a server without workspaces for one where all are gone", async () => {
      server.on("GET", `/api/projects/${projectId}/workspaces`, problem(404, "No"));
      await assert.rejects(handler.read(context, "ws-1", stateWith(inputs)), WorkspaceApiMissing);
    });

    for (const status of [400, 401, 403, 500]) {
      it(`does not take ${status} for gone`, async () => {
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

    it("keeps what the same run took over in its own place: it would delete what is declared", async () => {
      bench.has();
      const { id } = await handler.create(context, workspaceInputs());
      await handler.delete(context, id, stateWith(workspaceInputs()));
      assert.deepEqual(bench.written, []);
      assert.match(context.log.warnings.join(), /is kept.*deleteBeforeReplace/);
      await handler.delete(contextFor(server.baseUrl), id, stateWith(workspaceInputs()));
      assert.deepEqual(bench.written, ["delete"], "a later run deletes it as ever");
    });

    it("of one that is gone already is done", async () => {
      await remove();
      assert.deepEqual(bench.written, []);
    });

    it("waits for a start or a stop that is under way", async () => {
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
      server.on("POST", `${one}:delete`, problem(404, "Gone"));
      await remove();
    });

    it("that ICA fails at is an error: the workspace stays in the state", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, problem(500, "Oops"));
      await assert.rejects(remove(), (error: unknown) => error instanceof IcaError && error.status === 500);
    });

    it("at a wrong address, where everything is 404, is an error: it must not empty a stack", async () => {
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
