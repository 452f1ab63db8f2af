import { strict as assert } from "node:assert";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk";
import { command } from "../../support/programs/command";
import { listen, WorkspaceBench } from "../workspaces/workspaces";
import { withPlugin } from "./with-plugin";

describe("pulumi import", function () {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let program: PulumiFn;
  let id: string;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    stack = await withPlugin(await workspaces.stack("import", async () => program()));
    id = await madeByHand("by-hand");
  });

  const madeByHand = async (name: string) => {
    const { body } = await workspaces.byHand("POST", "", {
      ...{ name, imageId: workspaces.images.first, resourceModel: "standard-small", storageSizeInGb: 30 },
      ...{ access: { web: true, console: false }, users: "MULTI" },
      network: { mode: "RESTRICTED", allowedUrls: ["https://example.org"] },
    });
    return (body as { id: string }).id;
  };

  after(async () => {
    await workspaces?.close();
  });

  const importing = (type: string, name: string, what: string) =>
    command(
      "pulumi",
      [
        ...["import", type, name, what, "--yes", "--stack", "import", "--non-interactive"],
        ...["--generate-code=false", "--skip-preview"],
      ],
      { cwd: stack.workspace.workDir, env: workspaces.bench.env, mayFail: true },
    );
  const resource = async (name: string) => {
    const { deployment } = await stack.exportStack();
    return (deployment as { resources: { urn: string; id: string; inputs: object }[] }).resources.find(({ urn }) =>
      urn.endsWith(`::${name}`),
    );
  };

  it("takes a workspace by its id, with the inputs that it has and no permissions, and changes nothing in it", async () => {
    const before = await workspaces.named("by-hand");
    const { code, all } = await importing("ica:index:Workspace", "w", id);
    assert.equal(code, 0, all);
    const found = await resource("w");
    assert.equal(found?.id, id);
    assert.deepEqual(found?.inputs, {
      name: "by-hand",
      projectId: workspaces.bench.projectId,
      image: workspaces.images.first,
      resourceModel: "standard-small",
      storageGb: 30,
      access: { web: true, console: false },
      ephemeralStorage: false,
      users: "multi",
      network: "restricted",
      allowedUrls: ["https://example.org"],
      allowRestart: false,
      allowDataLoss: false,
    });
    assert.deepEqual(await workspaces.named("by-hand"), before);
  });

  it("takes one by its project and id, too, and an image", async () => {
    const other = await madeByHand("other");
    const { code, all } = await importing("ica:index:Workspace", "other", `${workspaces.bench.projectId}/${other}`);
    assert.equal(code, 0, all);
    assert.equal((await resource("other"))?.id, other);
    const image = await importing("ica:index:BenchImage", "first", workspaces.images.first);
    assert.equal(image.code, 0, image.all);
  });

  it("is followed by a preview without changes; dynamic resources only write to the state", async () => {
    const workspace = (name: string): ica.WorkspaceArgs => ({
      ...{ name, image: workspaces.images.first, resourceModel: "standard-small", storageGb: 30 },
      ...{ access: { web: true }, users: "multi", ephemeralStorage: false },
      ...{ network: "restricted", allowedUrls: ["https://example.org"] },
    });
    const image = {
      ...{ existingId: workspaces.images.first, name: "first", version: "1", clusterCompatible: true },
      access: { web: true, console: true },
    };
    for (const served of ["plugin", "dynamic"]) {
      program = async () => {
        const opts = served === "plugin" ? { provider: new ica.Provider("ica") } : {};
        new ica.Workspace("w", workspace("by-hand"), opts);
        new ica.Workspace("other", workspace("other"), opts);
        new ica.BenchImage("first", image, opts);
      };
      const { told, onEvent } = listen();
      await stack.preview({ color: "never", onEvent });
      const expected = { ops: [served === "plugin" ? "same" : "update"], diffs: [] };
      for (const name of ["w", "other", "first"]) {
        const { ops, diffs, messages } = told(name);
        assert.deepEqual({ ops, diffs }, expected, name);
        if (served === "dynamic") assert.match(messages.join(), /moves here from the plugin: only the state changes/);
      }
    }
  });

  it("says so in words when there is no such workspace, or the id is none", async () => {
    const gone = await importing("ica:index:Workspace", "gone", "0b7f116a-0000-4000-8000-000000000000");
    assert.notEqual(gone.code, 0);
    assert.match(gone.all, /does not exist/);
    const none = await importing("ica:index:Workspace", "none", "a/b/c");
    assert.match(none.all, /"a\/b\/c" is not an id: give ID, or PROJECT\/ID/);
  });
});
