import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "../../support/programs/command";
import { type Python, pythonOrSkip, withGeneratedSdk } from "../../support/programs/python";
import { WorkspaceBench } from "../workspaces/workspaces";
import { pluginFolder } from "./with-plugin";

const repository = path.resolve(__dirname, "../../..");
const fixtures = path.join(repository, "tests/fixtures/python");

describe("a program in Python, with the generated SDK", function () {
  // The first run installs Pulumi's SDK.
  this.timeout(180_000);
  let workspaces: WorkspaceBench;
  let python: Python;
  let dir: string;

  /** Runs a command on a stack of this program, and returns what Python prints. */
  async function run(program: string, what: "up" | "preview" | "destroy"): Promise<unknown> {
    const { stdout } = await command(python.program, [path.join(fixtures, "inline.py"), program, what], {
      cwd: dir,
      env: { ...workspaces.bench.env, ...python.env },
    });
    return JSON.parse(stdout.split("\n").at(-1) ?? "");
  }
  const program = path.join(fixtures, "workspace.py");
  const configure = (console: boolean) =>
    writeFile(
      path.join(dir, "Pulumi.python.yaml"),
      JSON.stringify({ config: { "python-test:image": workspaces.images.first, "python-test:console": console } }),
    );

  before(async function () {
    python = await pythonOrSkip(this);
    workspaces = await WorkspaceBench.start();
    dir = path.join(workspaces.bench.dir, "python");
    await mkdir(dir);
    python = await withGeneratedSdk(python, path.join(workspaces.bench.dir, "generated-sdk"));
    const plugins = { providers: [{ name: "ica", path: pluginFolder }] };
    await writeFile(path.join(dir, "Pulumi.yaml"), JSON.stringify({ name: "python-test", runtime: "python", plugins }));
  });

  after(async () => {
    await workspaces?.close();
  });

  it("creates a workspace, changes it in place, previews no change, and destroys it", async () => {
    await configure(false);
    const outputs = await run(program, "up");
    const { id } = await workspaces.named("genomics");
    assert.deepEqual(outputs, { id });

    await configure(true);
    assert.deepEqual(await run(program, "preview"), { same: 1, update: 1 });
    await run(program, "up");
    const now = await workspaces.named("genomics");
    assert.deepEqual([now.id, now.access], [id, { web: true, console: true }]);
    assert.deepEqual(await run(program, "preview"), { same: 2 });

    await run(program, "destroy");
    assert.deepEqual(await workspaces.list(), []);
  });
});
