import { strict as assert } from "node:assert";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { WorkspaceBench } from "../workspaces/workspaces";

const repository = path.resolve(__dirname, "../../..");

/** A workspace of the plugin's type. */
class PluginWorkspace extends pulumi.CustomResource {
  constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    super("ica:index:Workspace", name, { workspaceId: undefined, ...args }, opts);
  }
}

describe("a stack that moves between the dynamic resources and the plugin without an alias, on the engine", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let workDir: string;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    // The dynamic provider's code is found from a folder below the repository.
    await mkdir(path.join(repository, ".cache"), { recursive: true });
    workDir = await mkdtemp(path.join(repository, ".cache", "moved-"));
    const bin = path.join(workspaces.bench.dir, "bin");
    await mkdir(bin);
    const plugin = path.join(repository, "dist/provider/plugin/main.js");
    await chmod(plugin, 0o755);
    await symlink(plugin, path.join(bin, "pulumi-resource-ica"));
    const project = { name: "moved-test", runtime: "nodejs", plugins: { providers: [{ name: "ica", path: bin }] } };
    await writeFile(path.join(workDir, "Pulumi.yaml"), JSON.stringify(project));
  });

  after(async () => {
    await workspaces?.close();
    await rm(workDir, { recursive: true, force: true });
  });

  const types = {
    "pulumi-nodejs:dynamic/ica:Workspace": () => new ica.Workspace("w", workspaces.genomics()),
    "ica:index:Workspace": () => new PluginWorkspace("w", workspaces.genomics()),
  };

  for (const [from, to] of [
    ["pulumi-nodejs:dynamic/ica:Workspace", "ica:index:Workspace"],
    ["ica:index:Workspace", "pulumi-nodejs:dynamic/ica:Workspace"],
  ] as const)
    it(`from ${from} is refused in words, and the workspace stays`, async () => {
      let declare: () => unknown = types[from];
      const program = async () => {
        declare();
      };
      const stack: Stack = await LocalWorkspace.createOrSelectStack(
        { stackName: from.startsWith("ica") ? "back" : "there", projectName: "moved-test", program },
        { workDir, envVars: workspaces.bench.env },
      );
      await stack.up({ color: "never" });
      const { id } = await workspaces.named("genomics");
      workspaces.takeWrites();

      declare = types[to];
      await assert.rejects(stack.up({ color: "never" }), (error: Error) => {
        assert.match(error.message, new RegExp(`exists in this project with these settings \\(id ${id}\\)`));
        assert.match(error.message, /\/data is untouched/);
        assert.ok(error.message.includes(`aliases: [{ type: "${from}" }]`), error.message);
        return true;
      });
      assert.deepEqual([...new Set(workspaces.takeVerbs())], ["POST"], "only the refused creation was asked for");
      assert.equal((await workspaces.named("genomics")).id, id);

      declare = types[from];
      assert.deepEqual((await stack.preview({ color: "never" })).changeSummary, { same: 2 }, "the way back is open");
      await stack.destroy({ color: "never" });
    });
});
