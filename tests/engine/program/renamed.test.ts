import { strict as assert } from "node:assert";
import { WorkspaceBench } from "../workspaces/workspaces";
import { CliProgram } from "./cli-program";

describe("a stack or a resource that is renamed, on the engine", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;
  let head: string;

  beforeEach(async () => {
    workspaces = await WorkspaceBench.start();
    head = `
      const existing = ${JSON.stringify(workspaces.images.first)};
      const workspace = (name, more, opts) => new ica.Workspace(name, {
        image: existing, resourceModel: "standard-small", storageGb: 20, access: { web: true }, network: "public", ...more,
      }, opts);`;
    program = await CliProgram.create(workspaces.bench, head);
  });

  afterEach(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  /** Runs a command of a program; nothing that it prints may show the machinery. */
  async function pulumi(...args: string[]): Promise<string> {
    const { code, all } = await program.pulumi(...args, "--non-interactive", "--color", "never");
    assert.equal(code, 0, all);
    assert.doesNotMatch(all, /__|\[secret\]/, "the machinery shows");
    return all;
  }

  async function up(code: string): Promise<string[]> {
    await program.change(`${head}\n${code}`);
    workspaces.takeWrites();
    await pulumi("up", "--yes", "--skip-preview");
    return workspaces.takeVerbs();
  }

  const names = async () => (await workspaces.list()).map(({ name }) => name).sort();

  it("keeps the default names of its workspaces when the stack is renamed, and shows what changes only", async () => {
    const two = (gb: number) =>
      `workspace("hello", { storageGb: ${gb}, desiredState: "running" }); workspace("plain", { name: "mine" });`;
    await up(two(20));
    await pulumi("stack", "rename", "production");
    assert.match(await pulumi("preview"), /3 unchanged/);
    await program.change(`${head}\n${two(30)}\nworkspace("later");`);
    const preview = await pulumi("preview");
    assert.match(preview, /Workspace hello update \[diff: ~storageGb\]/, preview);
    assert.doesNotMatch(await pulumi("preview", "--diff"), /~ name/);
    assert.deepEqual((await up(`${two(30)}\nworkspace("later");`)).sort(), ["POST", "PUT"]);
    assert.deepEqual(await names(), ["cli-test-cli-hello", "cli-test-production-later", "mine"]);
    assert.match(await pulumi("refresh", "--yes", "--skip-preview"), /unchanged/);
    assert.match(await pulumi("preview", "--refresh", "--diff"), /4 unchanged/);
    const destroyed = await pulumi("destroy", "--yes", "--skip-preview");
    assert.equal(destroyed.match(/^ {2}\S+ica:Workspace \(hello\):/gm)?.length, 1, destroyed);
    assert.deepEqual(await names(), []);
  });

  it("keeps them when resources are renamed with aliases, of images too; progress goes to the rows they have now", async () => {
    const image = (name: string, opts = "{}") =>
      `new ica.BenchImage("${name}", { version: "1", existingId: existing, access: { web: true, console: true }, clusterCompatible: true, name: undefined }, ${opts});`;
    await up(`workspace("a"); workspace("b", { desiredState: "running" }); ${image("first")}`);
    const made = await names();
    const renamed = `
      workspace("x", { storageGb: 30 }, { aliases: [{ name: "a" }] });
      workspace("y", { resourceModel: "standard-large", desiredState: "running", allowRestart: true }, { aliases: [{ name: "b" }] });
      ${image("other", `{ aliases: [{ name: "first" }] }`)}`;
    await program.change(`${head}\n${renamed}`);
    const preview = await pulumi("preview");
    assert.match(preview, /Workspace x update \[diff: ~storageGb\]/, preview);
    const { all } = await program.pulumi("up", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
    assert.match(all, /ica:Workspace \(y\):\n(?: {4}.*\n)* {4}changed resourceModel/, all);
    assert.deepEqual(await names(), made);
    assert.deepEqual(await up(renamed), []);
  });

  it("renames it when a name is declared, or no longer declared; and creates a new one with the current name", async () => {
    await up(`workspace("w");`);
    const [first] = await workspaces.list();
    assert.deepEqual(await up(`workspace("w", { name: "mine" });`), ["PUT"]);
    assert.deepEqual(await up(`workspace("w");`), [], "a name that is declared no more stays");
    assert.deepEqual(await names(), ["mine"]);
    assert.equal((await workspaces.list())[0]?.id, first?.id);
    await up(`workspace("w", { storageGb: 10, allowDataLoss: true });`);
    assert.deepEqual(await names(), ["cli-test-cli-w"]);
  });
});
