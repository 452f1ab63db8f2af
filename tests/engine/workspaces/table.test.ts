import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { type Effect, effects, rulesOf } from "../../../provider/workspace/plan/changes";
import * as ica from "../../../sdk/index";
import { describeBoth } from "../adapters";
import { type DeclaredChange, fieldChanges } from "./field-changes";
import { type Live, listen, plainSettings, settingsOf, WorkspaceBench } from "./workspaces";

/** How a workspace is found: managed and running or stopped, or left to people, who started it or did not. */
const runStates = ["running", "stopped", "unmanaged, runs", "unmanaged, stopped"] as const;
type RunState = (typeof runStates)[number];

/** One workspace of the stack: a change of one field, in one run state. */
interface Row {
  readonly name: string;
  readonly field: keyof WorkspaceInputs;
  readonly state: RunState;
  readonly change: DeclaredChange;
  readonly effect: Effect;
  readonly before: ica.WorkspaceArgs;
  readonly after: ica.WorkspaceArgs;
}

const runs = (state: RunState) => state === "running" || state === "unmanaged, runs";

/** What is written to the workspace that was there, by the effect: the promise of the table, in calls. */
function promised(effect: Effect, state: RunState): string[] {
  const calls: Record<Effect, string[]> = {
    none: [],
    "in place": ["PUT"],
    restart: runs(state) ? [":stop", "PUT", ":start"] : ["PUT"],
    "run state": runs(state) ? [":stop"] : [":start"],
    replace: runs(state) ? [":stop", ":delete"] : [":delete"],
  };
  return calls[effect];
}

describeBoth("the table of what a change does", function (adapter) {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let rows: readonly Row[];
  let declares: (row: Row) => ica.WorkspaceArgs = ({ before }) => before;
  let found: ReadonlyMap<string, Live>;

  const byName = async () => new Map((await workspaces.list()).map((live) => [live.name, live]));
  const titleOf = ({ field, state, change }: Row) => `${field} (${change.when}) of one that is ${state}`;
  /** The emulator has one project only: a move to another is looked at in preview. */
  const canHappen = ({ field }: Row) => field !== "projectId";

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
    rows = (await Promise.all(runStates.map(rowsOf))).flat();
    stack = await workspaces.stack("table", async (served) =>
      Object.fromEntries(rows.map((row) => [row.name, new ica.Workspace(row.name, declares(row), served).workspaceId])),
    );
    await stack.up({ parallel: 32 });
    const made = await byName();
    for (const { name, state } of rows)
      if (state === "unmanaged, runs") await workspaces.press(made.get(name)?.id ?? "", "start");
    await stack.refresh();
    found = await byName();
    declares = (row) => (canHappen(row) ? row.after : row.before);
    workspaces.takeWrites();
  });

  after(async () => {
    await workspaces?.close();
  });

  function argsFor(name: string, more: Partial<ica.WorkspaceArgs>): ica.WorkspaceArgs {
    return {
      name,
      image: workspaces.images.first,
      resourceModel: "standard-small",
      storageGb: 20,
      access: { web: true },
      network: "restricted",
      allowRestart: true,
      allowDataLoss: true,
      ...more,
    };
  }

  async function rowsOf(state: RunState): Promise<Row[]> {
    const managed = state === "running" || state === "stopped" ? { desiredState: state } : {};
    const made: Row[] = [];
    for (const field of Object.keys(effects) as (keyof WorkspaceInputs)[]) {
      const name = (index: number) => `${field}-${index}-${state.replaceAll(/\W+/g, "-")}`;
      for (const [index, change] of (await changesOf(field, state, name)).entries()) {
        const rule = rulesOf(field).find(({ when }) => when === change.when);
        assert.ok(rule !== undefined, `the table has a rule for ${field} (${change.when})`);
        const before = argsFor(name(index), { ...managed, ...change.before });
        const rest = field === "desiredState" ? {} : managed;
        const after = change.after === undefined ? argsFor(name(index), rest) : { ...before, ...change.after };
        made.push({ name: name(index), field, state, change, effect: rule.effect, before, after });
      }
    }
    return made;
  }

  async function changesOf(
    field: keyof WorkspaceInputs,
    state: RunState,
    name: (index: number) => string,
  ): Promise<readonly DeclaredChange[]> {
    if (field === "desiredState") {
      const other = runs(state) ? ("stopped" as const) : ("running" as const);
      const removed = state === "running" || state === "stopped" ? [{ when: "no longer declared" }] : [];
      return [{ when: "another value", after: { desiredState: other } }, ...removed];
    }
    if (field === "existingId") {
      const settings = { ...plainSettings(workspaces.images.first) };
      const own = await workspaces.make({ ...settings, name: `${name(0)}-by-hand` });
      const other = await workspaces.make({ ...settings, name: `${name(1)}-other` });
      return [
        { when: "this workspace's id, or no longer declared", before: { existingId: own.id } },
        { when: "another id", after: { existingId: other.id } },
      ];
    }
    return fieldChanges(workspaces.images, `${name(0)}-renamed`)[field];
  }

  it("has at least one change for every rule of every field", () => {
    const walked = new Set(rows.map(({ field, change }) => `${field}: ${change.when}`));
    const written = (Object.keys(effects) as (keyof WorkspaceInputs)[]).flatMap((field) =>
      rulesOf(field).map(({ when }) => `${field}: ${when}`),
    );
    assert.deepEqual([...walked].sort(), written.sort());
  });

  it("is what the preview says of every field in every run state, and a preview writes nothing", async () => {
    declares = ({ after }) => after;
    const { told, onEvent } = listen();
    await stack.preview({ onEvent, parallel: 32 });
    declares = (row) => (canHappen(row) ? row.after : row.before);
    for (const row of rows) {
      const { ops, diffs, messages } = told(row.name);
      const title = `${titleOf(row)}: ${JSON.stringify({ ops, diffs, messages })}`;
      if (row.effect === "replace") {
        assert.deepEqual(ops, ["delete-replaced", "replace", "create-replacement"], title);
        assert.match(
          messages.join(),
          new RegExp(`replaced because of ${row.field}: everything .* /data is lost`),
          title,
        );
      } else {
        assert.deepEqual(ops, ["update"], title);
        const said = messages.join();
        if (row.effect !== "restart") assert.doesNotMatch(said, /restart/, title);
        else if (runs(row.state)) assert.match(said, new RegExp(`is restarted.*: ${row.field} \\(`), title);
        else assert.match(said, new RegExp(`without a restart: ${row.field} \\(`), title);
      }
      assert.deepEqual(diffs, [row.field], title);
    }
    assert.deepEqual(workspaces.takeWrites(), []);
  });

  it("is exactly what up does: these calls, and no other", async () => {
    const before = new Set([...found.values()].map(({ id }) => id));
    await stack.up({ parallel: 32 });
    const writes = workspaces.takeWrites();
    const outputs = await stack.outputs();
    const verbs = (id: string) => writes.filter((write) => write.id === id).map(({ verb }) => verb);
    let madeAnew = 0;
    for (const row of rows.filter(canHappen)) {
      const old = found.get(row.name)?.id ?? "";
      const now = String(outputs[row.name]?.value);
      assert.deepEqual(verbs(old), promised(row.effect, row.state), titleOf(row));
      if (row.effect !== "replace") {
        assert.equal(now, old, `${titleOf(row)} stays the same workspace`);
        continue;
      }
      assert.notEqual(now, old, `${titleOf(row)} is another workspace`);
      const start = row.state === "running" ? [":start"] : [];
      assert.deepEqual(verbs(now), before.has(now) ? ["PUT", ...start] : start, titleOf(row));
      if (!before.has(now)) madeAnew++;
    }
    assert.deepEqual(verbs(""), Array(madeAnew).fill("POST"), "as many are made as are replaced");
    const known = new Set([...before, ...rows.map(({ name }) => String(outputs[name]?.value)), ""]);
    assert.deepEqual(
      writes.filter(({ id }) => !known.has(id)),
      [],
      "no other workspace is written to",
    );
  });

  it("changes in ICA only what was declared", async () => {
    const all = await workspaces.list();
    const outputs = await stack.outputs();
    for (const row of rows.filter(canHappen)) {
      const live = all.find(({ id }) => id === String(outputs[row.name]?.value));
      assert.ok(live !== undefined, titleOf(row));
      const expected = { ...settingsOf(found.get(row.name) ?? {}), ...row.change.sent };
      assert.deepEqual(settingsOf(live), JSON.parse(JSON.stringify(expected)), titleOf(row));
      const flipped = row.effect === "run state" || (row.effect === "replace" && row.state === "unmanaged, runs");
      assert.equal(live.status === "Running", runs(row.state) !== flipped, `${titleOf(row)} is ${live.status}`);
    }
  });

  it("is complete then: the next up writes nothing", async () => {
    const again = await stack.up({ refresh: true });
    assert.deepEqual(Object.keys(again.summary.resourceChanges ?? {}), ["same"], again.stdout);
    assert.deepEqual(workspaces.takeWrites(), []);
  });
});
