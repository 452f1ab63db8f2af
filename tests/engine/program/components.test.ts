import { strict as assert } from "node:assert";
import { z } from "zod";
import { WorkspaceBench } from "../workspaces/workspaces";
import { CliProgram } from "./cli-program";

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        type: z.string(),
        inputs: z.record(z.string(), z.unknown()).optional(),
        propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).optional(),
      }),
    ),
  }),
});

describe("resources below a component, on the engine", function () {
  this.timeout(300_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;
  let head: string;
  let round = 0;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    program = await CliProgram.create(workspaces.bench, "");
  });

  // Each test has names of its own: ICA would answer the creation of a workspace that an earlier test deleted.
  beforeEach(() => {
    round++;
    head = `
      const existing = ${JSON.stringify(workspaces.images.first)};
      const plain = { resourceModel: "standard-small", storageGb: 20, access: { web: true }, network: "public" };
      const workspace = (name, opts, more) => new ica.Workspace(name, { name: "t${round}-" + name, image: existing, ...plain, ...more }, opts);
      const image = (name, opts) => new ica.BenchImage(name, {
        name: "first", version: "1", existingId: existing, access: { web: true, console: true },
      }, opts);
      const component = (name, opts) => new pulumi.ComponentResource("test:index:Team", name, {}, opts);`;
  });

  after(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  const pulumi = (...args: string[]) =>
    program.pulumi(...args, "--yes", "--non-interactive", "--color", "never", "--skip-preview");

  /** What workspaces there are, by the name of their resource, with their ids. */
  const live = async () => new Map((await workspaces.list()).map(({ name, id }) => [name.replace(/^t\d+-/, ""), id]));

  /**
   * Runs the program to its end, and looks whether every resource knows its own row and carries nothing else along. What was
   * moved with an alias keeps the row that it had in its inputs.
   */
  async function up(code: string, { moved = false } = {}): Promise<string[]> {
    await program.change(`${head}\n${code}`);
    workspaces.takeWrites();
    const { code: exit, all } = await pulumi("up");
    assert.equal(exit, 0, all);
    const { deployment } = stateSchema.parse(JSON.parse((await program.pulumi("stack", "export")).all));
    for (const { urn, type, inputs, propertyDependencies } of deployment.resources) {
      if (!type.includes("/ica:")) continue;
      if (!moved) assert.equal(inputs?.__urn, urn, "its progress lines go to its own row");
      for (const [key, urns] of Object.entries(propertyDependencies ?? {}))
        assert.ok(!key.startsWith("__") || (urns ?? []).length === 0, `${key} depends on ${urns?.join()}`);
    }
    return workspaces.takeVerbs();
  }

  async function destroy(): Promise<void> {
    const { code, all } = await pulumi("destroy");
    assert.equal(code, 0, all);
    assert.deepEqual(await workspaces.list(), [], "nothing is left");
  }

  const several = (count: number, more = "") =>
    `const team = component("team");
     for (let i = 0; i < ${count}; i++) workspace("w" + i, { parent: team }, ${more || "{}"});`;

  for (const count of [1, 2, 10])
    it(`${count} of one component: made, changed in place, and deleted`, async () => {
      assert.deepEqual(
        await up(several(count)),
        Array.from({ length: count }, () => "POST"),
      );
      const made = await live();
      assert.equal(made.size, count);
      assert.deepEqual(
        await up(several(count, "{ storageGb: 30 }")),
        Array.from({ length: count }, () => "PUT"),
      );
      assert.deepEqual(await live(), made);
      await destroy();
    });

  it("one more, which depends on the first: nothing that is there is touched", async () => {
    const one = `const team = component("team"); const a = workspace("a", { parent: team });`;
    await up(one);
    const made = await live();
    assert.deepEqual(await up(`${one} workspace("b", { parent: team, dependsOn: a });`), ["POST"]);
    assert.equal((await live()).get("a"), made.get("a"));
    await destroy();
  });

  it("components in components, which depend on each other", async () => {
    const nested = (gb: number) => `
      const outer = component("outer"), inner = component("inner", { parent: outer });
      const a = workspace("a", { parent: outer }, { storageGb: ${gb} });
      const b = workspace("b", { parent: inner, dependsOn: [a] }, { storageGb: ${gb} });
      const other = component("other", { dependsOn: [inner] });
      workspace("c", { parent: other, dependsOn: [outer] }, { storageGb: ${gb} });`;
    assert.deepEqual(await up(nested(20)), ["POST", "POST", "POST"]);
    const made = await live();
    assert.deepEqual(await up(nested(30)), ["PUT", "PUT", "PUT"]);
    assert.deepEqual(await live(), made);
    await destroy();
  });

  it("an image and the workspaces that use its id, by a class of its own as real programs have it", async () => {
    const team = (gb: number) => `
      class Team extends pulumi.ComponentResource {
        constructor(name, opts) {
          super("test:index:Team", name, {}, opts);
          const base = image(name + "-image", { parent: this });
          const one = workspace(name + "-one", { parent: this }, { image: base.imageId, storageGb: ${gb} });
          const two = workspace(name + "-two", { parent: this, dependsOn: one }, { image: base.imageId });
          this.ids = pulumi.all([one.workspaceId, two.workspaceId]);
          this.registerOutputs({ ids: this.ids });
        }
      }
      exports.ids = new Team("genomics").ids;`;
    assert.deepEqual(await up(team(20)), ["POST", "POST"]);
    assert.deepEqual(await up(team(30)), ["PUT"]);
    await destroy();
  });

  it("another of our resources, or the stack itself, as the parent", async () => {
    const family = (gb: number) => `
      const base = image("base", { parent: component("team") });
      const a = workspace("a", { parent: base }, { image: base.imageId, storageGb: ${gb} });
      workspace("b", { parent: a, dependsOn: base });
      workspace("c", { parent: a });
      workspace("d", { parent: pulumi.runtime.getStackResource() });`;
    assert.deepEqual(await up(family(20)), ["POST", "POST", "POST", "POST"]);
    assert.deepEqual(await up(family(30)), ["PUT"]);
    await destroy();
  });

  it("transformations and transforms of the component", async () => {
    const changing = (gb: number) => `
      const team = new pulumi.ComponentResource("test:index:Team", "team", {}, {
        transformations: [({ props, opts, name }) => ({ props: { ...props, storageGb: ${gb} }, opts: { ...opts, protect: false } })],
        transforms: [({ props, opts }) => ({ props: { ...props, resourceModel: "standard-medium" }, opts })],
      });
      workspace("a", { parent: team });
      workspace("b", { parent: team, transforms: [({ props, opts }) => ({ props, opts: { ...opts, retainOnDelete: false } })] });`;
    assert.deepEqual(await up(changing(30)), ["POST", "POST"]);
    const [a] = await workspaces.list();
    assert.deepEqual([a?.storageSizeInGb, a?.resourceModel], [30, "standard-medium"]);
    assert.deepEqual(await up(changing(40)), ["PUT", "PUT"]);
    await destroy();
  });

  it("moved into a component and out again with aliases: nothing is deleted or made again", async () => {
    const three = (options: string) => `
      const base = image("base", ${options});
      workspace("a", ${options}, { image: base.imageId });
      workspace("b", ${options}, { image: base.imageId });`;
    await up(three("{}"));
    const made = await live();
    assert.deepEqual(
      await up(
        `const team = component("team"); ${three("{ parent: team, aliases: [{ parent: pulumi.rootStackResource }] }")}`,
        { moved: true },
      ),
      [],
    );
    assert.deepEqual(await live(), made);
    const before = `"urn:pulumi:cli::cli-test::test:index:Team::team"`;
    assert.deepEqual(await up(three(`{ aliases: [{ parent: ${before} }] }`), { moved: true }), []);
    assert.deepEqual(await live(), made);
    await destroy();
  });

  it("look-ups with outputs of siblings, and adopted resources", async () => {
    const byHand = await workspaces.make({ name: "by-hand", storageSizeInGb: 20 });
    const looking = (gb: number) => `
      const team = component("team");
      const base = image("base", { parent: team });
      const found = ica.getImageOutput({ imageId: base.imageId });
      const a = workspace("a", { parent: team }, { image: found.imageId, storageGb: ${gb} });
      const again = ica.getWorkspaceOutput({ workspaceId: a.workspaceId });
      workspace("b", { parent: team, dependsOn: a }, { image: again.image });
      ica.BenchImage.fromExisting("taken", base.imageId, {}, { parent: team });
      ica.Workspace.fromExisting("mine", "${byHand.id}", { storageGb: ${gb} }, { parent: team, dependsOn: [base] });
      exports.name = again.name;`;
    assert.deepEqual(await up(looking(20)), ["POST", "POST"]);
    assert.equal((await live()).get("by-hand"), byHand.id);
    assert.deepEqual(await up(looking(30)), ["PUT", "PUT"]);
    await destroy();
  });

  it("a component that fails: its children fail with it, the error is the component's own, and nothing hangs", async () => {
    await program.change(`${head}
      const broken = new pulumi.ComponentResource("test:index:Team", "broken", {}, { dependsOn: pulumi.output(Promise.reject(new Error("the component's own error"))) });
      workspace("a", { parent: broken });
      workspace("b", { parent: broken });`);
    const { code, all } = await pulumi("up");
    assert.notEqual(code, 0);
    assert.match(all, /the component's own error/);
    assert.doesNotMatch(all, /__urn|promise leak|could complete/, all);
    assert.deepEqual(await workspaces.list(), []);
    await destroy();
  });
});
