import assert from "node:assert/strict";
import { type MaybeWithin, unknownValue } from "../../../provider/inputs/unknown";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { dockerImage, liveWorkspace, workspaceInputs } from "../../support/factories";
import { problem } from "../../support/servers/scripted-server";
import { quietUpdate, workspaceUpdate } from "../../support/updates";

/** What an earlier run left in the state. */
const stateWith = (inputs: WorkspaceInputs, status = "Stopped"): WorkspaceState =>
  stateOf(liveWorkspace({ status }), inputs);

describe("the workspace handler, before it changes anything", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
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
      bench.has();
      const { failures } = await check({ storageGb: 10 });
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["storageGb"],
      );
      assert.match(failures[0]?.reason ?? "", /\/data would be lost.*allowDataLoss: true/);
      assert.deepEqual((await check({ storageGb: 10, allowDataLoss: true })).failures, []);
    });

    it("lets existingId name the workspace that the resource manages already", async () => {
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

    it("does not check a cluster that is not known yet: there may be none", async () => {
      bench.imageOf = (id) => dockerImage({ id });
      assert.deepEqual(await found({ cluster: unknownValue }), []);
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

    it("refuses an image that does not exist, or is not for Bench", async () => {
      bench.imageOf = () => undefined;
      assert.deepEqual(await found({}), ["image ICA has no Docker image image-1"]);
      assert.deepEqual(await found({ storageGb: 1 }), [
        "storageGb must be at least 10; it is 1",
        "image ICA has no Docker image image-1",
      ]);
      bench.imageOf = (id) => dockerImage({ id, type: "TOOL" });
      assert.match((await found({})).join(), /^image .*is a TOOL image/);
    });

    it("continues with a warning when ICA does not report what an image offers", async () => {
      server.on("GET", /^\/api\/dockerImages\//, problem(403, "Not for you"));
      assert.deepEqual(await found({}), []);
      assert.match(context.log.warnings.join(), /could not look up what image .*Not for you/);
    });

    it("fails with a key that ICA refuses, because no later call would succeed", async () => {
      server.on("POST", "/api/tokens", problem(401, "Unauthorized"));
      await assert.rejects(
        handler.check(context, workspaceInputs(), undefined),
        /POST \/api\/tokens .* 401 and said: Unauthorized\. Check the API key/,
      );
    });

    it("asks ICA once for each image of a run, and not at all when it does not change or is not known yet", async () => {
      const asked = () => server.count("GET", /^\/api\/dockerImages\//);
      await isNew({ image: unknownValue });
      await check({ storageGb: 100 });
      assert.equal(asked(), 0);
      await Promise.all([isNew({ name: "a" }), isNew({ name: "b" }), isNew({ name: "c" })]);
      assert.equal(asked(), 1);
    });

    it("does not take away a workspace when existingId is no longer declared", async () => {
      bench.has();
      assert.deepEqual((await check({}, { existingId: "ws-1" })).failures, []);
      const before = stateWith(workspaceInputs({ existingId: "ws-1" }));
      assert.deepEqual(await handler.diff(context, "ws-1", before, workspaceInputs()), quietUpdate(["existingId"]));
    });

    it("writes nothing", async () => {
      bench.has({ status: "Running" });
      await check({ image: "image-2", storageGb: 10 });
      await check({ image: "image-2" });
      assert.deepEqual(bench.written, []);
    });
  });

  describe("comparing", () => {
    /** As the engine does: it checks what the program declares, and then compares it. */
    const diff = async (next: Partial<MaybeWithin<WorkspaceInputs>>, state = stateWith(workspaceInputs())) => {
      const known = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== unknownValue));
      const old = handler.parseInputs({ ...workspaceInputs(), ...known });
      const { inputs } = await handler.check(context, { ...workspaceInputs(), ...next }, old);
      return handler.diff(context, "ws-1", state, inputs);
    };

    beforeEach(() => bench.has());

    it("finds no change when ICA reports other fields that are not declared", async () => {
      const state = stateOf(liveWorkspace({ status: "Running", webUrl: "http://web" }), workspaceInputs());
      assert.deepEqual(await diff({}, state), { kind: "unchanged" });
    });

    it("updates what can be updated", async () => {
      for (const next of [{ name: "other" }, { storageGb: 65 }, { allowRestart: true }])
        assert.deepEqual(await diff(next), quietUpdate(Object.keys(next)));
      for (const next of [{ image: "i" }, { desiredState: "running" as const }, { name: "other", image: "i" }])
        assert.deepEqual(await diff(next), workspaceUpdate(Object.keys(next)));
    });

    it("replaces with the old one deleted first while both would have the same name, and warns of /data", async () => {
      assert.deepEqual(await diff({ storageGb: 10 }), { kind: "replace", because: ["storageGb"], deleteFirst: true });
      assert.match(
        context.log.warnings.join(),
        /will be replaced because of storageGb: everything in its \/data is lost/,
      );
      assert.deepEqual(await diff({ storageGb: 10, name: "other" }), {
        kind: "replace",
        because: ["storageGb"],
        deleteFirst: false,
      });
    });

    it("says whether the change disconnects the people who work in it", async () => {
      const said = async (status: string, next: Partial<MaybeWithin<WorkspaceInputs>>) => {
        context.log.lines.length = 0;
        bench.has({ status });
        await diff(next, stateWith(workspaceInputs(), "Running"));
        return context.log.lines.join();
      };
      assert.match(
        await said("Running", { image: "i" }),
        /^the workspace is restarted.*disconnected: image \(the container/,
      );
      assert.match(await said("Stopped", { image: "i" }), /does not run: changed without a restart: image/);
      assert.match(await said("Running", { image: "i", desiredState: "stopped" }), /is stopped, and changed then/);
      assert.match(
        await said("Running", { image: unknownValue }),
        /restarted if this turns out to be another one: image/,
      );
      assert.equal(await said("Running", { storageGb: 100, name: "renamed" }), "");
    });

    it("reports one that was deleted by hand as gone, and says what to do: missing is not stopped", async () => {
      bench.workspaces.clear();
      for (const next of [{ image: "i" }, { storageGb: 100 }, { desiredState: "running" as const }])
        await assert.rejects(
          diff(next),
          /^RefusedChange: workspace "genomics" \(ws-1\) is gone: .* and its \/data with it\. Run "pulumi up --refresh"/,
        );
      assert.equal((await diff({ storageGb: 10 })).kind, "replace");
      assert.match(context.log.warnings.join(), /^gone: it was deleted .* Pulumi creates a new one$/);
      const shrunk = { ...workspaceInputs(), storageGb: 10 };
      const { failures } = await handler.check(context, shrunk, workspaceInputs());
      assert.match(failures[0]?.reason ?? "", /there is no workspace "genomics" any more.*"pulumi up --refresh"/);
    });

    it("says nothing, and asks ICA nothing, when the engine only asks what the loss of another resource would change", async () => {
      bench.workspaces.clear();
      const next = { ...workspaceInputs(), image: unknownValue } as const;
      const change = await handler.diff(context, "ws-1", stateWith(workspaceInputs()), next);
      assert.deepEqual(change, workspaceUpdate(["image"]));
      assert.deepEqual([...context.log.lines, ...context.log.warnings], []);
      assert.equal(server.seen.length, 0);
    });

    it("never replaces because of an unknown value", async () => {
      assert.deepEqual(
        await diff({ projectId: unknownValue, image: unknownValue }),
        workspaceUpdate(["projectId", "image"]),
      );
    });
  });
});
