import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { CliProgram } from "../program/cli-program";
import { WorkspaceBench } from "../workspaces/workspaces";

/** One word each, so that a part of a value, or a name that contains it, is found too. */
const words = ["zebra", "crossing", "kiwi", "umbrella", "walnut", "pineapple", "lemur", "otter", "4711"];

describe("inputs that the program calls secret, on the engine", function () {
  this.timeout(300_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;
  let head: string;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    const context = path.join(workspaces.bench.dir, "tiny");
    await mkdir(context, { recursive: true });
    await writeFile(
      path.join(context, "Dockerfile"),
      "FROM scratch\nARG TOKEN\nLABEL token=$TOKEN\nCOPY Dockerfile /\n",
    );
    head = `
      const secret = pulumi.secret;
      const plain = { resourceModel: "standard-small", access: { web: true }, network: "restricted" };
      const workspace = (more) => new ica.Workspace("w", {
        image: ${JSON.stringify(workspaces.images.first)}, storageGb: 20, ...plain, ...more,
      });
      const image = (more) => new ica.BenchImage("i", {
        build: { context: ${JSON.stringify(context)}, args: { TOKEN: secret("pineapple") } },
        name: secret("Zebra Crossing!"), version: secret("kiwi-1"), description: secret("an umbrella"),
        folder: secret("/walnut/"), access: { web: true }, verify: "none", ...more,
      });`;
    program = await CliProgram.create(workspaces.bench, head);
  });

  after(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  afterEach(async () => {
    workspaces.pretended.startFails = undefined;
    await told("destroy", "--yes", "--skip-preview");
  });

  /** Runs a command, and looks whether it tells what it must not. */
  async function told(...args: string[]): Promise<{ code: number; all: string }> {
    const said = await program.pulumi(...args, "--non-interactive", "--color", "never");
    // The engine names the stack's folder nowhere; an address of this test may hold any digits.
    for (const word of words) assert.ok(!said.all.toLowerCase().includes(word), `${word} is printed:\n${said.all}`);
    return said;
  }

  const up = async (code: string, ...more: string[]) => {
    await program.change(`${head}\n${code}`);
    return told("up", "--yes", "--skip-preview", ...more);
  };

  const lemur = `name: secret("Lemur-den"), allowedUrls: [secret("https://otter.example")]`;

  it("a workspace: made, started, changed, refreshed and deleted", async () => {
    const made = await up(`workspace({ ${lemur}, desiredState: "running" });`);
    assert.equal(made.code, 0, made.all);
    assert.deepEqual(
      (await workspaces.list()).map(({ name, status }) => [name, status]),
      [["Lemur-den", "Running"]],
    );
    const changed = `workspace({ ${lemur}, desiredState: "running", resourceModel: "standard-large", allowRestart: true });`;
    await program.change(`${head}\n${changed}`);
    assert.match((await told("preview", "--diff")).all, /the workspace is restarted/);
    assert.equal((await up(changed)).code, 0);
    assert.equal((await told("refresh", "--yes", "--skip-preview")).code, 0);
    assert.match((await told("destroy", "--yes", "--skip-preview")).all, /deleted/);
  });

  it("a workspace whose start fails, and one that is wrong", async () => {
    workspaces.pretended.startFails = "no way to https://otter.example for Lemur-den";
    const failed = await up(
      `workspace({ ${lemur}, storageGb: secret(4711), desiredState: secret("running"), timeouts: { create: "5s" } });`,
    );
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /\[secret\]/);
    assert.equal((await workspaces.list()).length, 1, "it is there, and half done");
    const wrong = await up(`workspace({ name: secret("lemur"), allowedUrls: [secret("ftp://otter.example")] });`);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.all, /allowedUrls\[0\]/);
  });

  it("a name that was plain and is secret now: it is never printed again, and nothing changes in ICA", async () => {
    await program.change(`${head}\nworkspace({ name: "plainly" });`);
    await program.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    workspaces.takeWrites();
    await up(`workspace({ name: secret("plainly") });`);
    assert.deepEqual(workspaces.takeVerbs(), []);
    const { all } = await told("destroy", "--yes", "--skip-preview");
    assert.match(all, /deleted/);
    assert.ok(!all.includes("plainly"), all);
  });

  it("an image: built, uploaded, registered, looked at again, refused and forgotten", async () => {
    const made = await up("image();", "--diff");
    assert.equal(made.code, 0, made.all);
    assert.match(made.all, /\[secret\]/);
    assert.equal((await told("refresh", "--yes", "--skip-preview")).code, 0);
    await program.change(`${head}\nimage({ regions: ["mars"] });`);
    assert.match((await told("preview", "--diff")).all, /mars/);
    assert.equal((await told("destroy", "--yes", "--skip-preview")).code, 0);
  });

  it("the reference of a local image that is missing", async () => {
    const missing = await up(`new ica.BenchImage("i", { image: secret("kiwi:walnut"), access: { web: true } });`);
    assert.match(missing.all, /the local Docker has no image \[secret\]/);
  });
});
