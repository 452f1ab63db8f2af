import assert from "node:assert/strict";
import fc from "fast-check";
import { type MaybeWithin, toEngine, unknownText, unknownValue } from "../../../../provider/inputs/unknown";
import type { WorkspaceInputs } from "../../../../provider/workspace/inputs";
import { type ChangePlan, planChange } from "../../../../provider/workspace/plan/change-plan";
import { stateOf } from "../../../../provider/workspace/state";
import { liveWorkspace, workspaceInputs } from "../../../support/factories";
import { anyInputs, inputPairs, liveFrom, statuses } from "../../../support/workspace-pairs";

type Next = Partial<MaybeWithin<WorkspaceInputs>>;

const planned = (status: string, next: Next, restarting?: true): ChangePlan => {
  const live = liveWorkspace({ status });
  return planChange(live, { ...stateOf(live, workspaceInputs()), restarting }, { ...workspaceInputs(), ...next });
};

const defer = { whileRunning: "defer" } as const;

/** Changes that wait while people may be working. */
const deferring: readonly [string, Next, Partial<ChangePlan>][] = [
  ["Running", { image: "i", ...defer }, { action: "defer", disconnects: "no", writes: false, refusals: [] }],
  ["Starting", { image: "i", ...defer }, { action: "defer", disconnects: "no", writes: false }],
  ["Hibernating", { image: "i", ...defer }, { action: "defer", disconnects: "no", writes: false }],
  ["Running", { image: "i", storageGb: 65, ...defer }, { action: "update in place", writes: true, stopsFirst: false }],
  ["Running", { image: "i", desiredState: "running", ...defer }, { action: "defer", runsAfter: "running" }],
  ["Running", { image: "i", desiredState: "stopped", ...defer }, { action: "stop then change", deferred: [] }],
  ["Stopped", { image: "i", ...defer }, { action: "update in place", writes: true, deferred: [] }],
  ["Stopping", { image: "i", ...defer }, { action: "stop then change", disconnects: "no", deferred: [] }],
  ["Stopped", { image: "i", desiredState: "running", ...defer }, { action: "start", writes: true, deferred: [] }],
  ["Running", { storageGb: 10, ...defer }, { action: "replace", losesData: "yes", deferred: [] }],
  ["Running", { image: unknownValue, ...defer }, { action: "defer", disconnects: "no", laterRefusals: [] }],
  ["Running", { image: "i", whileRunning: "restart" }, { action: "restart", refusals: [] }],
];

describe("the plan of a workspace's change", () => {
  const cases: readonly [string, Next, Partial<ChangePlan>][] = [
    ["Running", {}, { action: "none", disconnects: "no", writes: false, runsAfter: "as now" }],
    ["Running", { storageGb: 65 }, { action: "update in place", disconnects: "no", writes: true, stopsFirst: false }],
    ["Running", { image: "i" }, { action: "restart", disconnects: "yes", stopsFirst: true, runsAfter: "running" }],
    [
      "Stopped",
      { image: "i" },
      { action: "update in place", disconnects: "no", stopsFirst: false, runsAfter: "as now" },
    ],
    [
      "Running",
      { image: "i", desiredState: "stopped" },
      { action: "stop then change", disconnects: "yes", stopsFirst: true, runsAfter: "stopped" },
    ],
    ["Stopping", { image: "i" }, { action: "stop then change", disconnects: "no", runsAfter: "as now" }],
    ["Stopped", { desiredState: "running" }, { action: "start", disconnects: "no", runsAfter: "running" }],
    ["Stopping", { desiredState: "running" }, { action: "start", runsAfter: "running" }],
    ["Starting", { desiredState: "running" }, { action: "wait", runsAfter: "running" }],
    ["Hibernating", { desiredState: "running" }, { action: "wait", runsAfter: "running" }],
    ["Running", { desiredState: "stopped" }, { action: "stop", disconnects: "yes", runsAfter: "stopped" }],
    ["Stopping", { desiredState: "stopped" }, { action: "wait", disconnects: "no", runsAfter: "stopped" }],
    ["Failed", { desiredState: "stopped" }, { action: "stop", disconnects: "no" }],
    ["Running", { storageGb: 10 }, { action: "replace", losesData: "yes", disconnects: "yes", writes: false }],
    ["Stopped", { storageGb: 10 }, { action: "replace", losesData: "yes", disconnects: "no" }],
    ...deferring,
    ["Deleting", { image: "i" }, { action: "gone", losesData: "no", disconnects: "no", refusals: [] }],
    ["Running", { image: unknownValue }, { action: "restart", certain: false, disconnects: "perhaps", refusals: [] }],
    ["Running", { projectId: unknownValue }, { action: "none", losesData: "perhaps", refusals: [] }],
  ];
  for (const [status, next, expected] of cases)
    it(`for one that is ${status} and gets ${JSON.stringify(toEngine(next)).replace(unknownText, "?")} is "${expected.action}"`, () => {
      const plan = planned(status, next);
      assert.deepEqual({ ...plan, ...expected }, plan);
    });

  it("continues a restart that an earlier run left unfinished, unless a run state is declared", () => {
    const plan = planned("Stopped", {}, true);
    assert.equal(plan.action, "finish restart");
    assert.equal(plan.runsAfter, "running");
    assert.equal(plan.mustRunAgain, true);
    assert.equal(planned("Stopped", { desiredState: "stopped" }, true).mustRunAgain, false);
  });

  it("plans for a workspace that was not read by its last known status, and as running without one", () => {
    const next = workspaceInputs({ image: "i" });
    const blind = (status: string | undefined) => planChange("not looked at", { ...workspaceInputs(), status }, next);
    assert.deepEqual(blind("Stopped").refusals, []);
    assert.equal(blind("Running").refusals.length, 1);
    assert.equal(blind("Running").disconnects, "yes");
    assert.equal(blind(undefined).refusals.length, 1);
    assert.equal(blind(undefined).disconnects, "perhaps");
  });

  it("says what `up` will refuse although the preview passes: an image that is not known yet, for one that runs", () => {
    const later = (status: string, next: Next) => planned(status, { image: unknownValue, ...next }).laterRefusals;
    const [refusal, ...more] = later("Running", {});
    assert.deepEqual([refusal?.field, refusal?.certain, more], ["image", false, []]);
    assert.match(
      refusal?.reason ?? "",
      /^if image turns out to be another one, "pulumi up" refuses .* allowRestart: true/,
    );
    assert.deepEqual(later("Stopped", {}), []);
    assert.deepEqual(later("Running", { allowRestart: true }), []);
    assert.deepEqual(later("Running", { desiredState: "stopped" }), []);
  });

  it("says what `up` will refuse because the workspace was changed outside the stack", () => {
    const live = liveWorkspace({ status: "Running", storageSizeInGb: 200, resourceModel: "gpu-small" });
    const next = workspaceInputs({ name: "renamed" });
    const { refusals, laterRefusals } = planChange(live, stateOf(live, workspaceInputs()), next);
    assert.deepEqual(refusals, []);
    assert.deepEqual(
      laterRefusals.map(({ field, certain }) => [field, certain]),
      [
        ["resourceModel", true],
        ["storageGb", true],
      ],
    );
  });

  it("needs no restart for what ICA has already", () => {
    const live = liveWorkspace({ status: "Running", users: "SINGLE" });
    const plan = planChange(live, stateOf(live, workspaceInputs()), workspaceInputs({ users: "single", image: "i" }));
    assert.deepEqual(
      plan.refusals.map(({ field }) => field),
      ["image"],
    );
    assert.deepEqual(
      plan.changes.map(({ field, done }) => [field, done]),
      [
        ["image", false],
        ["users", true],
      ],
    );
  });

  it("knows a workspace that is to adopt itself only by looking at it", () => {
    const next = workspaceInputs({ existingId: "ws-1" });
    assert.equal(planChange("not looked at", workspaceInputs(), next).action, "replace");
    assert.equal(planChange(liveWorkspace(), workspaceInputs(), next).action, "none");
  });

  it("loses no /data of a workspace that is gone, and refuses nothing that is possible without it", () => {
    const plan = planChange(undefined, workspaceInputs(), workspaceInputs({ storageGb: 10, allowDataLoss: true }));
    assert.deepEqual([plan.action, plan.losesData, plan.disconnects], ["replace", "no", "no"]);
    assert.deepEqual(planChange(undefined, workspaceInputs(), workspaceInputs({ image: "i" })).refusals, []);
  });

  describe("for any two declarations", () => {
    const situations = fc.record({
      pair: inputPairs,
      status: statuses,
      restarting: fc.constantFrom(undefined, true as const),
    });

    it("permits what the permissions permit, and what they permit loses or disconnects nothing more", () => {
      fc.assert(
        fc.property(situations, ({ pair: [before, next], status, restarting }) => {
          const live = liveFrom(before, status);
          const state = { ...stateOf(live, before), restarting };
          const plan = planChange(live, state, next);
          const permitted = planChange(live, state, { ...next, allowRestart: true, allowDataLoss: true });
          assert.deepEqual([permitted.refusals, permitted.laterRefusals], [[], []]);
          assert.equal(permitted.action, plan.action);
          assert.equal(plan.certain, true);
          if (plan.losesData !== "no") assert.equal(plan.action, "replace");
          if (plan.action === "replace") assert.equal(plan.refusals.length > 0, !next.allowDataLoss);
          if (plan.action === "restart") assert.equal(plan.refusals.length > 0, !next.allowRestart);
          if (plan.refusals.length > 0) assert.ok(["replace", "restart"].includes(plan.action), plan.action);
        }),
        { numRuns: 1000 },
      );
    });

    it("deferred, disconnects nobody whom the program does not stop, and writes the same once the workspace is stopped", () => {
      fc.assert(
        fc.property(situations, ({ pair: [before, declared], status, restarting }) => {
          const { allowRestart: _, ...rest } = declared;
          const next = { ...rest, allowRestart: false, allowDataLoss: true, whileRunning: "defer" as const };
          const live = liveFrom(before, status);
          const plan = planChange(live, { ...stateOf(live, before), restarting }, next);
          assert.deepEqual([plan.refusals, plan.laterRefusals], [[], []]);
          if (plan.action === "replace") return;
          assert.notEqual(plan.action, "restart");
          if (plan.disconnects !== "no") assert.equal(next.desiredState, "stopped");
          const stopped = planChange({ ...live, status: "Stopped" }, stateOf(live, before), next);
          assert.deepEqual(stopped.deferred, []);
          for (const { field } of plan.deferred)
            assert.ok(stopped.writes && stopped.changes.some((change) => change.field === field));
        }),
        { numRuns: 1000 },
      );
    });

    it("ends: its result needs no further change", () => {
      fc.assert(
        fc.property(situations, ({ pair: [before, next], status }) => {
          const { runsAfter, action } = planChange(liveFrom(before, status), before, next);
          if (action === "replace") return;
          const after = runsAfter === "running" ? "Running" : runsAfter === "stopped" ? "Stopped" : status;
          const live = liveFrom(next, after);
          const rest = planChange(live, stateOf(live, next), next);
          assert.deepEqual([rest.action, rest.changes, rest.laterRefusals], ["none", [], []]);
        }),
        { numRuns: 1000 },
      );
    });

    it("announces every refusal that comes once the unknown values are known", () => {
      const unknowns = fc.subarray(["image", "storageGb", "access", "users", "cluster", "existingId", "desiredState"]);
      const permissions = fc.subarray(["allowRestart", "allowDataLoss"]);
      fc.assert(
        fc.property(
          situations,
          unknowns,
          permissions,
          ({ pair: [before, next], status }, fields, unknownPermissions) => {
            const live = liveFrom(before, status);
            const state = stateOf(live, before);
            const hidden = Object.fromEntries([...fields, ...unknownPermissions].map((field) => [field, unknownValue]));
            const inPreview = planChange(live, state, { ...next, ...hidden });
            const announced = new Set([...inPreview.refusals, ...inPreview.laterRefusals].map(({ field }) => field));
            const later = planChange(live, state, next);
            for (const { field, reason } of later.refusals) assert.ok(announced.has(field), reason);
            if (later.losesData === "yes") assert.notEqual(inPreview.losesData, "no");
            if (later.disconnects === "yes") assert.notEqual(inPreview.disconnects, "no");
            if (inPreview.losesData === "yes") assert.equal(later.losesData, "yes");
          },
        ),
        { numRuns: 2000 },
      );
    });
  });

  it("does not depend on the order of reads: a remembered read gives the same plan as a new one", () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, statuses, (declared, next, status) => {
        // ICA chooses what is left out, so only a look would show that.
        const before = { users: "single" as const, ephemeralStorage: false, ...declared };
        const live = liveFrom(before, status);
        const { presence: _, ...seen } = planChange(live, stateOf(live, before), next);
        const { presence: __, ...blind } = planChange("not looked at", stateOf(live, before), next);
        assert.deepEqual(blind, seen);
      }),
      { numRuns: 1000 },
    );
  });
});
