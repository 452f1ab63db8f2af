import { strict as assert } from "node:assert";
import path from "node:path";
import { WorkspaceBench } from "../workspaces/workspaces";
import { reference, YamlProgram, yamlOrSkip } from "./yaml-program";

describe("a program in YAML", function () {
  this.timeout(60_000);
  let workspaces: WorkspaceBench;
  let program: YamlProgram;
  let properties: Record<string, unknown>;

  /** Declares the workspace with these changes. */
  const declare = (changes: object) => {
    properties = { ...properties, ...changes };
    return program.change(declared());
  };
  const declared = () => ({
    resources: { w: { type: "ica:Workspace", properties } },
    outputs: { id: reference("w.workspaceId") },
  });

  before(async function () {
    yamlOrSkip(this);
    workspaces = await WorkspaceBench.start();
    properties = workspaces.genomics();
    const { dir, env } = workspaces.bench;
    program = await YamlProgram.create(path.join(dir, "program"), env, declared());
  });

  after(async () => {
    await workspaces?.close();
  });

  it("creates a workspace, and a second preview has no change", async () => {
    const said = await program.pulumi("up", "--yes", "--skip-preview");
    const made = await workspaces.named("genomics");
    assert.deepEqual(await program.outputs(), { id: made.id });
    assert.doesNotMatch(said, /warning/i, "a plugin of the project needs no warning");
    assert.match(await program.pulumi("preview", "--expect-no-changes"), /2 unchanged/);
  });

  it("previews a change by its path, and makes it in place", async () => {
    const { id } = await workspaces.named("genomics");
    await declare({ access: { web: true, console: true } });
    assert.deepEqual((await program.preview()).get("w"), {
      op: "update",
      changed: { "access.console": "update" },
      because: [],
    });
    assert.match(await program.pulumi("preview", "--diff"), /~ access *: \{\s*~ console *: false => true\s*\}/);
    await program.pulumi("up", "--yes", "--skip-preview");
    const now = await workspaces.named("genomics");
    assert.deepEqual([now.id, now.access], [id, { web: true, console: true }]);
  });

  it("shows a change by hand after a refresh, and repairs it", async () => {
    const { id } = await workspaces.named("genomics");
    await workspaces.change(id, { access: { web: true, console: false } });
    assert.deepEqual((await program.preview("--refresh")).get("w"), {
      op: "update",
      changed: { "access.console": "update" },
      because: [],
    });
    await program.pulumi("up", "--yes", "--skip-preview", "--refresh");
    assert.deepEqual((await workspaces.named("genomics")).access, { web: true, console: true });
  });

  it("finds an image by its name", async () => {
    const found = { "fn::invoke": { function: "ica:getImage", arguments: { name: "first" } } };
    await program.change({
      variables: { found },
      ...declared(),
      resources: { w: { type: "ica:Workspace", properties: { ...properties, image: reference("found.imageId") } } },
    });
    assert.match(await program.pulumi("preview", "--expect-no-changes"), /2 unchanged/);
    await program.change(declared());
  });

  it("says what forces a replacement, and replaces", async () => {
    const { id } = await workspaces.named("genomics");
    await declare({ storageGb: 10, allowDataLoss: true });
    const step = (await program.preview()).get("w");
    assert.deepEqual([step?.op, step?.because], ["replace", ["storageGb"]]);
    await program.pulumi("up", "--yes", "--skip-preview");
    const now = await workspaces.named("genomics");
    assert.notEqual(now.id, id);
    assert.equal(now.storageSizeInGb, 10);
  });

  it("refuses a property that does not exist, and names those that do", async () => {
    await declare({ resourceMdl: "x" });
    await assert.rejects(program.preview(), /resourceMdl/);
    await declare({ resourceMdl: undefined });
  });

  it("destroys", async () => {
    await program.pulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await workspaces.list(), []);
  });
});
