import { strict as assert } from "node:assert";
import type * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { describeBoth } from "../adapters";
import { listen, settingsOf, WorkspaceBench } from "./workspaces";

/** What a program declares: by resource, arguments and options. */
type Program = Record<string, readonly [ica.WorkspaceArgs, pulumi.CustomResourceOptions?]>;

describeBoth("whose workspace it is", function (adapter) {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  const programs = new Map<string, Program>();

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
  });

  after(async () => {
    await workspaces?.close();
  });

  afterEach(async () => {
    for (const { id } of await workspaces.list()) await workspaces.press(id, "delete");
  });

  function stackOf(name: string): Promise<Stack> {
    return workspaces.stack(name, async (served) => {
      const dependsOn: pulumi.Resource[] = [];
      for (const [resource, [args, options]] of Object.entries(programs.get(name) ?? {}))
        dependsOn.push(new ica.Workspace(resource, args, { ...options, ...served, dependsOn: [...dependsOn] }));
    });
  }

  /** Runs an up that fails, and returns what it says. */
  async function failing(stack: Stack): Promise<string> {
    let words = "";
    await assert.rejects(stack.up({ color: "never" }), (error: Error) => {
      words = error.message;
      return true;
    });
    return words;
  }

  it("is the first stack's when a second one declares the same, also after that was destroyed", async () => {
    for (const name of ["first", "second"]) programs.set(name, { w: [workspaces.genomics()] });
    const [first, second] = [await stackOf("first"), await stackOf("second")];
    await first.up({ color: "never" });
    const { id } = await workspaces.named("genomics");
    workspaces.takeWrites();

    const words = await failing(second);
    assert.match(words, new RegExp(`exists in this project with these settings \\(id ${id}\\)`));
    assert.match(words, /It may belong to another stack.*\/data is untouched/);
    assert.match(words, new RegExp(`existingId: "${id}" to take it over`));
    await second.destroy({ color: "never" });
    assert.deepEqual([...new Set(workspaces.takeVerbs())], ["POST"], "only the refused creation was asked for");

    assert.equal((await workspaces.named("genomics")).id, id);
    const { changeSummary } = await first.preview({ color: "never" });
    assert.deepEqual(Object.keys(changeSummary), ["same"]);
  });

  it("is a person's who made it by hand with the same settings, until existingId names it", async () => {
    programs.set("by-hand", { w: [workspaces.genomics()] });
    const stack = await stackOf("by-hand");
    await stack.up({ color: "never" });
    const settings = settingsOf(await workspaces.named("genomics"));
    await stack.destroy({ color: "never" });
    const { id } = await workspaces.make(settings);

    assert.match(await failing(stack), /another type of resource or a person/);
    await stack.destroy({ color: "never" });
    assert.equal((await workspaces.named("genomics")).id, id);

    programs.set("by-hand", { w: [{ ...workspaces.genomics(), existingId: id }] });
    workspaces.takeWrites();
    await stack.up({ color: "never" });
    assert.deepEqual(workspaces.takeVerbs(), []);
    assert.equal((await workspaces.named("genomics")).id, id);
  });

  describe("of a resource that takes it over, when the run ends before the engine deletes the old resource", () => {
    async function endsEarly(before: Program, after: Program): Promise<{ stack: Stack; id: string }> {
      const name = `early-${programs.size}`;
      programs.set(name, before);
      const stack = await stackOf(name);
      await stack.up({ color: "never" });
      const { id } = await workspaces.named("genomics");
      // A creation that is refused, so that the engine deletes nothing in this run.
      await workspaces.make({ name: "taken", storageSizeInGb: 99 });
      programs.set(name, { ...after, refused: [{ ...workspaces.genomics(), name: "taken" }] });
      assert.match(await failing(stack), /"taken" exists in this project with other settings/);
      const { deployment } = await stack.exportStack();
      const held = deployment.resources.filter((one: { id?: string }) => one.id === id);
      assert.equal(held.length, 2, "two resources of the state hold the workspace");
      programs.set(name, after);
      workspaces.takeWrites();
      return { stack, id };
    }

    async function keeps({ stack, id }: { stack: Stack; id: string }): Promise<void> {
      const { told, onEvent } = listen();
      await stack.up({ color: "never", onEvent });
      assert.deepEqual(workspaces.takeVerbs(), []);
      assert.equal((await workspaces.named("genomics")).id, id);
      assert.match([...told("w").messages, ...told("old").messages].join(), /kept, and so is its \/data/);
      const { deployment } = await stack.exportStack();
      assert.equal(deployment.resources.filter((one: { id?: string }) => one.id === id).length, 1);
      await stack.destroy({ color: "never" });
      assert.deepEqual(
        (await workspaces.list()).map(({ name }) => name),
        ["taken"],
      );
    }

    it("stays when the resource was renamed without an alias", async () => {
      await keeps(await endsEarly({ old: [workspaces.genomics()] }, { w: [workspaces.genomics()] }));
    });

    it("stays when the resource was replaced by itself", async () => {
      const anew = { replaceOnChanges: ["timeouts"] };
      await keeps(
        await endsEarly(
          { w: [workspaces.genomics(), anew] },
          { w: [{ ...workspaces.genomics(), timeouts: { update: "30m" } }, anew] },
        ),
      );
    });
  });
});
