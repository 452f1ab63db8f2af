import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pluginFolder } from "../engine/plugin/with-plugin";
import { WorkspaceBench } from "../engine/workspaces/workspaces";
import { command } from "../support/programs/command";

const repository = path.resolve(__dirname, "../..");

describe("a program in Go, with the generated SDK", function () {
  // Compiling Pulumi's SDK for Go takes minutes the first time.
  this.timeout(1_200_000);
  let workspaces: WorkspaceBench;
  let dir: string;

  const go = (folder: string, ...args: string[]) =>
    command(process.env.ICA_TEST_GO ?? "go", args, { cwd: path.join(repository, folder) });

  async function run(what: "up" | "preview" | "destroy"): Promise<unknown> {
    const { stdout } = await command(path.join(dir, "program"), [what], { cwd: dir, env: workspaces.bench.env });
    return JSON.parse(stdout);
  }
  const configure = (console: boolean) =>
    writeFile(
      path.join(dir, "Pulumi.go.yaml"),
      JSON.stringify({ config: { "go-test:image": workspaces.images.first, "go-test:console": console } }),
    );

  before(async () => {
    workspaces = await WorkspaceBench.start();
    dir = path.join(workspaces.bench.dir, "go");
    await mkdir(dir);
    const plugins = { providers: [{ name: "ica", path: pluginFolder }] };
    await writeFile(path.join(dir, "Pulumi.yaml"), JSON.stringify({ name: "go-test", runtime: "go", plugins }));
    await go("tests/fixtures/go", "build", "-o", path.join(dir, "program"), ".");
  });

  after(async () => {
    await workspaces?.close();
  });

  it("creates a workspace, changes it in place, previews no change, and destroys it", async () => {
    await configure(false);
    const outputs = await run("up");
    const { id } = await workspaces.named("genomics");
    assert.deepEqual(outputs, { id });

    await configure(true);
    assert.deepEqual(await run("preview"), { same: 1, update: 1 });
    await run("up");
    const now = await workspaces.named("genomics");
    assert.deepEqual([now.id, now.access], [id, { web: true, console: true }]);
    assert.deepEqual(await run("preview"), { same: 2 });

    await run("destroy");
    assert.deepEqual(await workspaces.list(), []);
  });

  it("compiles the example", async () => {
    await go("examples/go", "vet", ".");
  });
});
