import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { effects, rulesOf } from "../../../provider/workspace/plan/changes";
import * as ica from "../../../sdk/index";
import { describeBoth } from "../adapters";
import { fieldChanges } from "./field-changes";
import { type Live, plainSettings, WorkspaceBench } from "./workspaces";

describeBoth("a change that costs work or data, without the user's word", function (adapter) {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let declared: ica.WorkspaceArgs;
  let live: Live;

  const plain = (more: Partial<ica.WorkspaceArgs> = {}): ica.WorkspaceArgs => ({
    name: "genomics",
    image: workspaces.images.first,
    resourceModel: "standard-small",
    storageGb: 20,
    access: { web: true },
    network: "restricted",
    ...more,
  });

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
    declared = plain({ desiredState: "running" });
    stack = await workspaces.stack("refused", async (served) => {
      new ica.Workspace("genomics", declared, served);
    });
    await stack.up();
    live = await workspaces.named("genomics");
    workspaces.takeWrites();
  });

  after(async () => {
    await workspaces?.close();
  });

  const fields = Object.keys(effects) as (keyof WorkspaceInputs)[];
  const having = (effect: string) => fields.filter((field) => rulesOf(field).some((rule) => rule.effect === effect));

  /** One change of every field that has this effect, all at once. */
  function all(effect: "restart" | "replace", other: string): Partial<ica.WorkspaceArgs> {
    const changes = fieldChanges(workspaces.images, "unused");
    return Object.assign(
      {},
      ...having(effect).map((field) => {
        if (field === "existingId") return { existingId: other };
        if (field === "desiredState") return {};
        const rule = rulesOf(field).find((found) => found.effect === effect);
        return changes[field].find(({ when, before }) => when === rule?.when && before === undefined)?.after;
      }),
    );
  }

  async function refusals(changes: Partial<ica.WorkspaceArgs>, state: Partial<ica.WorkspaceArgs>): Promise<string> {
    declared = plain({ ...state, ...changes });
    try {
      await stack.preview({ color: "never" });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return "";
  }

  /** The fields that a failed preview names. */
  const named = (message: string) =>
    [
      ...new Set(
        [...message.matchAll(/property (\w+) value|' has a problem: (\w+)[^:\s]*:/g)].map(([, shown, hidden]) =>
          String(shown ?? hidden),
        ),
      ),
    ].sort();

  for (const state of [{ desiredState: "running" as const }, {}]) {
    it(`is refused in preview for a running workspace ${"desiredState" in state ? "that is to run" : "of people"}, every field at once`, async () => {
      // Network and allowed URLs exclude each other.
      const { network: _, ...changes } = all("restart", "");
      const message = await refusals(changes, state);
      assert.deepEqual(
        named(message),
        having("restart")
          .filter((field) => field !== "network")
          .sort(),
        message,
      );
      assert.match(message, /"genomics" is running.*Server Connection Error.*allowRestart: true/);
      assert.deepEqual(named(await refusals({ network: "public" }, state)), ["network"]);
    });
  }

  it("is no restart when the same change stops the workspace", async () => {
    const { network: _, ...changes } = all("restart", "");
    assert.equal(await refusals(changes, { desiredState: "stopped" }), "");
  });

  it("is refused in preview when /data would be lost, every field at once", async () => {
    const other = await workspaces.make({ ...plainSettings(workspaces.images.first), name: "other" });
    const message = await refusals(all("replace", other.id), { desiredState: "running" });
    assert.deepEqual(named(message), having("replace").sort(), message);
    assert.match(message, /everything in its \/data would be lost.*allowDataLoss: true/);
  });

  it("wrote nothing", async () => {
    assert.deepEqual(workspaces.takeWrites(), []);
    assert.deepEqual(await workspaces.named("genomics"), live);
  });

  it("is allowed for a stopped workspace, and does not start it", async () => {
    declared = plain({ desiredState: "stopped" });
    await stack.up();
    workspaces.takeWrites();
    const { network: _, ...changes } = all("restart", "");
    declared = plain({ desiredState: "stopped", ...changes });
    await stack.up();
    assert.deepEqual(workspaces.takeVerbs(), ["PUT"]);
    assert.equal((await workspaces.named("genomics")).status, "Stopped");
  });
});
