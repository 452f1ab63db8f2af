import assert from "node:assert/strict";
import fc from "fast-check";
import { PartialError } from "../../../provider/handler";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { type ChangePlan, planChange } from "../../../provider/workspace/plan/change-plan";
import { RefusedChange } from "../../../provider/workspace/plan/refused-change";
import { stateOf, type WorkspaceState } from "../../../provider/workspace/state";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { dockerImage } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { inputPairs, liveFrom, statuses } from "../../support/workspace-pairs";

describe("the plan of a workspace's change is what is refused, printed and carried out", () => {
  let bench: Scripted["bench"];
  let context: Scripted["context"];
  let server: Scripted["server"];

  eachBench((scripted) => {
    ({ bench, context, server } = scripted);
    bench.imageOf = (id) =>
      dockerImage({ id, benchSettings: { clusterCompatible: true, access: { web: true, console: true } } });
  });

  /** A fresh ICA with one workspace. */
  const given = (inputs: WorkspaceInputs, status: string) => {
    const live = liveFrom(inputs, status);
    bench.workspaces.clear();
    bench.has(live);
    // What is on its way arrives with the second look.
    const arrives = { Starting: "Running", Stopping: "Stopped", Hibernating: "Running" }[status];
    bench.goes(live.id, arrives === undefined ? [] : [{}, { status: arrives }]);
    bench.afterStart = [{ status: "Starting" }, { status: "Running" }];
    server.seen.length = 0;
    context.log.lines.length = 0;
    context.log.warnings.length = 0;
    return live;
  };
  const situation = fc.record({
    pair: inputPairs,
    status: statuses,
    restarting: fc.constantFrom(undefined, true as const),
  });

  it("in a preview: the check refuses what the plan refuses, and the comparison prints what it says", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async ({ pair: [before, next], status, restarting }) => {
        const live = given(before, status);
        const state = { ...stateOf(live, before), ...(restarting === undefined ? {} : { restarting }) };
        const plan = planChange(live, state, next);

        const { failures } = await handler.check(context, next, before);
        assert.deepEqual(
          failures,
          plan.refusals.map(({ field, reason }) => ({ property: field, reason })),
        );
        const change = await handler.diff(context, live.id, state, next);
        const isIdle = plan.changes.length === 0 && plan.action === "none";
        assert.equal(change.kind, isIdle ? "unchanged" : plan.action === "replace" ? "replace" : "update");
        assert.deepEqual(
          context.log.warnings.filter((line) => /"pulumi up" (will refuse|refuses)/.test(line)).length,
          plan.laterRefusals.length,
        );
        const said = [...context.log.lines, ...context.log.warnings].join("\n");
        assert.equal(/everything in its \/data is lost/.test(said), plan.losesData === "yes", said);
        const restarts =
          plan.changes.some(({ effect, done }) => effect === "restart" && !done) && plan.action !== "replace";
        assert.equal(/people who work in it are disconnected/.test(said), plan.action === "restart", said);
        assert.equal(
          /is stopped, and changed then/.test(said),
          plan.action === "stop then change" && status !== "Stopping",
          said,
        );
        assert.equal(/changed without a restart/.test(said), restarts && plan.disconnects === "no", said);
        assert.equal(bench.written.length, 0);
      }),
      { numRuns: 300 },
    );
  });

  it("in an update: the calls are those of the plan, and none when it refuses", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async ({ pair: [before, next], status, restarting }) => {
        const live = given(before, status);
        const state = { ...stateOf(live, before), ...(restarting === undefined ? {} : { restarting }) };
        const plan = planChange(live, state, next);
        fc.pre(plan.action !== "replace" && (plan.action !== "none" || plan.changes.length > 0));

        if (plan.refusals.length > 0) {
          const refused = await partialOf<WorkspaceState>(handler.update(context, live.id, state, next));
          refusedWith(plan)(refused);
          const resumes = restarting === true && next.desiredState === undefined;
          assert.equal(refused.state.restarting, resumes ? true : undefined, "nothing was begun");
          assert.deepEqual(bench.written, []);
          return;
        }
        const after = await handler.update(context, live.id, state, next);
        assert.deepEqual(bench.written, callsOf(plan, status));
        if (plan.runsAfter === "running") assert.equal(after.status, "Running");
        if (plan.runsAfter === "stopped") assert.equal(after.status, "Stopped");
        assert.deepEqual(await handler.diff(context, live.id, after, next), { kind: "unchanged" });
        const disconnected = bench.written.includes("stop") && ["Running", "Starting", "Hibernating"].includes(status);
        assert.equal(disconnected, plan.disconnects === "yes");
      }),
      { numRuns: 300 },
    );
  });

  it("in an update of a workspace that another user changed: refused exactly when the plan announces it", async () => {
    await fc.assert(
      fc.asyncProperty(inputPairs, inputPairs, statuses, async ([before, byHand], [, next], status) => {
        const live = given(byHand, status);
        const state = stateOf(live, before);
        const plan = planChange(live, state, next);
        fc.pre(plan.action !== "replace" && plan.refusals.length === 0);
        const announced = plan.laterRefusals.filter(({ certain }) => certain);
        const updated = handler.update(context, live.id, state, next);
        if (announced.length === 0) await updated;
        else {
          await assert.rejects(updated, refusedWith(plan));
          assert.deepEqual(bench.written, []);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** What an update with this plan writes, in order. */
function callsOf({ writes, stopsFirst, runsAfter }: ChangePlan, status: string): string[] {
  const goesOn = status === "Stopping";
  const isUp = !["Stopped", "Failed", "Stopping"].includes(status);
  const stopped = writes && stopsFirst ? (goesOn ? [] : ["stop"]) : [];
  const written = writes ? ["update"] : [];
  const down = stopsFirst && writes;
  if (runsAfter === "running") return [...stopped, ...written, ...(down || !isUp ? ["start"] : [])];
  if (runsAfter === "stopped")
    return [...stopped, ...written, ...(down || status === "Stopped" || goesOn ? [] : ["stop"])];
  return [...stopped, ...written];
}

/** Whether the error refuses, at all fields that the plan refuses. */
function refusedWith({ refusals, laterRefusals }: ChangePlan) {
  return (error: unknown) => {
    assert.ok(error instanceof PartialError && error.cause instanceof RefusedChange, String(error));
    const disk = laterRefusals.some(({ field }) => field === "storageGb");
    if (disk) assert.match(error.message, /a disk cannot shrink/);
    else
      for (const { field } of refusals)
        assert.ok(error.message.includes(`${field} (`), `${field} is missing in: ${error.message}`);
    return true;
  };
}
