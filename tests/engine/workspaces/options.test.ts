import { strict as assert } from "node:assert";
import type * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { describeBoth } from "../adapters";
import { listen, WorkspaceBench } from "./workspaces";

describeBoth("Pulumi's resource options on a workspace", function (adapter) {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let stacks = 0;
  /** What the program declares: by resource, arguments and options. */
  let program: Record<string, readonly [ica.WorkspaceArgs, pulumi.CustomResourceOptions?]> = {};

  const args = (more: Partial<ica.WorkspaceArgs> = {}): ica.WorkspaceArgs => ({
    ...workspaces.genomics(),
    ...more,
  });

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
  });

  after(async () => {
    await workspaces?.close();
  });

  beforeEach(async () => {
    const name = `options-${++stacks}`;
    stack = await workspaces.stack(name, async (served) => {
      for (const [resource, [declared, options]] of Object.entries(program))
        new ica.Workspace(resource, declared, { ...options, ...served });
    });
  });

  /** Removes everything before the next test, even when the options protect it. */
  afterEach(async () => {
    for (const { id, status } of await workspaces.list()) {
      if (status !== "Stopped") await workspaces.press(id, "stop");
      await workspaces.press(id, "delete");
    }
  });

  async function up(declared: typeof program, refresh = false): Promise<string[]> {
    program = declared;
    workspaces.takeWrites();
    await stack.up({ color: "never", refresh });
    return workspaces.takeVerbs();
  }

  it("ignoreChanges: people start and stop one that the program only created running", async () => {
    const ignoring = { ignoreChanges: ["desiredState"] };
    await up({ w: [args({ desiredState: "running" }), ignoring] });
    assert.deepEqual(await up({ w: [args({ desiredState: "stopped" }), ignoring] }), []);
    const { id } = await workspaces.named("genomics");
    await workspaces.press(id, "stop");
    assert.deepEqual(await up({ w: [args({ desiredState: "running" }), ignoring] }, true), []);
  });

  it("protect: neither destroy nor a replacement touches it", async () => {
    const protectedOne = { protect: true };
    await up({ w: [args(), protectedOne] });
    await assert.rejects(stack.destroy({ color: "never" }), /protect/);
    await assert.rejects(up({ w: [args({ storageGb: 10, allowDataLoss: true }), protectedOne] }), /protect/);
    assert.deepEqual(workspaces.takeVerbs(), []);
    await workspaces.named("genomics");
  });

  it("retainOnDelete: it leaves the stack and stays in ICA; declared again, it is adopted", async () => {
    await up({ w: [args(), { retainOnDelete: true }] });
    const { id } = await workspaces.named("genomics");
    assert.deepEqual(await up({}), []);
    assert.equal((await workspaces.named("genomics")).id, id);
    assert.deepEqual(await up({ w: [args(), { retainOnDelete: true }] }), ["POST"], "ICA confirms whose it is");
    assert.deepEqual(
      (await workspaces.list()).map((live) => live.id),
      [id],
    );
  });

  it("replaceOnChanges with deleteBeforeReplace: a new workspace although a change would do", async () => {
    const anew = { replaceOnChanges: ["resourceModel"], deleteBeforeReplace: true };
    await up({ w: [args(), anew] });
    const { id } = await workspaces.named("genomics");
    program = { w: [args({ resourceModel: "standard-large" }), anew] };
    const { told, onEvent } = listen();
    await stack.preview({ onEvent });
    assert.deepEqual(told("w").ops, ["delete-replaced", "replace", "create-replacement"]);
    assert.deepEqual(await up(program), [":delete", "POST"]);
    assert.notEqual((await workspaces.named("genomics")).id, id);
  });

  it("replaceOnChanges alone: names are unique, so it is refused with the way out, and nothing is lost", async () => {
    const anew = { replaceOnChanges: ["resourceModel"] };
    await up({ w: [args(), anew] });
    const { id } = await workspaces.named("genomics");
    await assert.rejects(
      up({ w: [args({ resourceModel: "standard-large" }), anew] }),
      /other settings[\s\S]*deleteBeforeReplace: true/,
    );
    assert.deepEqual(workspaces.takeVerbs(), []);
    assert.equal((await workspaces.named("genomics")).id, id);
  });

  it("replaceOnChanges of what ICA does not know: the workspace adopts itself, and is not deleted", async () => {
    const anew = { replaceOnChanges: ["timeouts"] };
    await up({ w: [args(), anew] });
    const { id } = await workspaces.named("genomics");
    assert.deepEqual(await up({ w: [args({ timeouts: { update: "30m" } }), anew] }), []);
    assert.equal((await workspaces.named("genomics")).id, id);
    assert.deepEqual(
      await up({ w: [args({ timeouts: { update: "30m" } }), anew] }, true),
      [],
      "it is still in the stack",
    );
  });

  it("id: one that is there is read and never touched, in the configured project", async () => {
    const { id } = await workspaces.make({ name: "by-hand" });
    const reading = args({ name: "by-hand", storageGb: 99, desiredState: "running" });
    assert.deepEqual(await up({ w: [reading, { id }] }), []);
    assert.deepEqual(await up({ w: [reading, { id }] }, true), []);
    const { resources } = (await stack.exportStack()).deployment;
    const read = resources.find(({ type }: { type: string }) => type.endsWith("Workspace"));
    assert.deepEqual([read.external, read.outputs.storageGb, read.outputs.status], [true, 20, "Stopped"]);
    await up({});
    assert.equal((await workspaces.named("by-hand")).id, id);
  });

  it("deleteBeforeReplace: the old one is deleted first, also when the new one has another name", async () => {
    const smaller = { storageGb: 10, allowDataLoss: true };
    await up({ w: [args()] });
    assert.deepEqual(await up({ w: [args({ ...smaller, name: "second" })] }), ["POST", ":delete"]);
    await up({ w: [args({ name: "second", storageGb: 30 }), { deleteBeforeReplace: true }] });
    assert.deepEqual(await up({ w: [args({ ...smaller, name: "third" }), { deleteBeforeReplace: true }] }), [
      ":delete",
      "POST",
    ]);
  });

  it("aliases: a resource that is renamed in the program stays the same workspace", async () => {
    await up({ before: [args()] });
    const { id } = await workspaces.named("genomics");
    assert.deepEqual(await up({ after: [args(), { aliases: [{ name: "before" }] }] }), []);
    assert.deepEqual(await up({ again: [args()] }), ["POST"], "without an alias it adopts itself, and is not deleted");
    assert.equal((await workspaces.named("genomics")).id, id);
    const { name: _, ...unnamed } = args();
    assert.deepEqual(await up({ again: [unnamed] }), [], "a name that is declared no more stays");
    assert.equal((await workspaces.named("genomics")).id, id);
    assert.equal((await workspaces.list()).length, 1);
  });

  it("aliases: without one, after a change, a refresh has to show that it is this stack's", async () => {
    await up({ before: [args()] });
    const larger = args({ storageGb: 30 });
    await up({ before: [larger] });
    const { id } = await workspaces.named("genomics");
    await assert.rejects(up({ after: [larger] }), /add an alias: aliases: \[\{ name:/);
    assert.equal((await workspaces.named("genomics")).id, id);
    assert.deepEqual(await up({ after: [larger] }, true), []);
    assert.deepEqual(
      (await workspaces.list()).map((live) => live.id),
      [id],
    );
  });
});
