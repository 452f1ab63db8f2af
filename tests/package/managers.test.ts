import { strict as assert } from "node:assert";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Emulator, startEmulator } from "../../emulator/server";
import { externalImage } from "./emulator";
import { pack, packEmulator, Team } from "./team";
import { bun, installedOrSkip, pnpm, yarn } from "./tools";

const preview = ["pulumi", "preview", "--color", "never", "--non-interactive"];
const up = ["pulumi", "up", "--yes", "--skip-preview", "--color", "never", "--non-interactive"];
const down = ["pulumi", "destroy", "--yes", "--skip-preview", "--color", "never", "--non-interactive"];

describe("a program of a team that shares a package with resources", function () {
  this.timeout(240_000);
  let dir: string;
  let tarball: string;
  let emulator: Emulator;
  let env: Record<string, string>;
  let team: Team;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-managers-"));
    tarball = await pack(dir);
    emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator"), containers: false });
    env = {
      ICA_API_KEY: emulator.apiKey ?? "",
      ICA_PROJECT_ID: emulator.projectId,
      ICA_BASE_URL: `${emulator.url}/ica/rest`,
      XDG_CACHE_HOME: path.join(dir, "cache"),
    };
    env.IMAGE = await externalImage(env);
  });

  beforeEach(async () => {
    team = await Team.create(tarball, env);
  });

  afterEach(async () => {
    await team.remove();
  });

  after(async () => {
    await emulator?.close({ removeAll: true });
    await rm(dir, { recursive: true, force: true });
  });

  async function succeeds(command: readonly string[], prefix: readonly string[] = []): Promise<string> {
    const { code, all } = await team.run([...prefix, ...command]);
    assert.equal(code, 0, all);
    return all;
  }

  const makesItsStack = (prefix: readonly string[] = []) => succeeds(["pulumi", "stack", "init", "dev"], prefix);

  /** The program fails in a preview with this line and no trace of where, and makes nothing. */
  async function fails(line: string, prefix: readonly string[] = []): Promise<void> {
    const { code, all } = await team.run([...prefix, ...preview]);
    assert.notEqual(code, 0, "the preview fails");
    assert.ok(
      all.split("\n").some((each) => each.trim() === `error: ${line}`),
      `${line}\nis no line of:\n${all}`,
    );
    assert.doesNotMatch(all, /Require stack|^\s+at /m, "there is no stack trace");
  }

  async function makesAndRemovesItsWorkspace(prefix: readonly string[] = []): Promise<string> {
    const made = await succeeds(up, prefix);
    assert.match(made, /\+ 2 created/);
    assert.match(await succeeds(down, prefix), /- 2 deleted/);
    return made;
  }

  const addIt = () =>
    `Pulumi cannot load pulumi-ica from ${team.app}: only another package depends on it. Add "pulumi-ica": "0.1.0" to the ` +
    `dependencies in ${path.join(team.app, "package.json")}, and install them.`;

  it("says where pnpm needs the dependency, and works with it", async function () {
    const manager = [process.execPath, await installedOrSkip(this, pnpm)];
    const stores = `storeDir: ${dir}/pnpm-store\ncacheDir: ${dir}/pnpm-cache\nallowBuilds: {cpu-features: false, protobufjs: false, ssh2: false}\n`;
    await team.write("pnpm-workspace.yaml", `packages:\n  - apps/*\n  - packages/*\n${stores}`);
    await team.declare({ "@team/bench": "workspace:*" });
    await succeeds([...manager, "install"]);
    await makesItsStack();
    await fails(addIt());
    await team.declare({ "@team/bench": "workspace:*", "pulumi-ica": `file:${tarball}` });
    await succeeds([...manager, "install", "--no-frozen-lockfile"]);
    await makesAndRemovesItsWorkspace();
  });

  it("says where Bun needs the dependency, and works with it", async function () {
    const manager = [await installedOrSkip(this, bun)];
    team.env.BUN_INSTALL_CACHE_DIR = path.join(dir, "bun-cache");
    await succeeds([...manager, "install"]);
    await makesItsStack();
    await fails(addIt());
    await team.declare({ "pulumi-ica": `file:${tarball}` });
    await succeeds([...manager, "install", "--no-frozen-lockfile"]);
    await makesAndRemovesItsWorkspace();
  });

  const yarnSettings = (linker: string) => `nodeLinker: ${linker}
enableGlobalCache: false
cacheFolder: ${dir}/yarn-cache
globalFolder: ${dir}/yarn-global
enableTelemetry: false
enableImmutableInstalls: false
`;

  it("says what Yarn's Plug'n'Play needs, and works with it", async function () {
    const manager = [process.execPath, await installedOrSkip(this, yarn)];
    const exec = [...manager, "exec"];
    await team.write(".yarnrc.yml", yarnSettings("pnp"));
    await team.write("yarn.lock", "");
    await succeeds([...manager, "install"]);
    await makesItsStack(exec);
    const extension = 'packageExtensions: {"@pulumi/pulumi@*": {peerDependencies: {pulumi-ica: "*"}}}';
    await fails(
      `Pulumi cannot load pulumi-ica for the program in ${team.app}. Add pulumi-ica to the dependencies in ` +
        `${path.join(team.app, "package.json")}, add the line \`${extension}\` to .yarnrc.yml, and run \`yarn install\`.`,
      exec,
    );
    await team.declare({
      "pulumi-ica": `file:${tarball}`,
      "pulumi-ica-emulator": `file:${await packEmulator(dir)}`,
    });
    await team.write(".yarnrc.yml", `${yarnSettings("pnp")}${extension}\n`);
    await succeeds([...manager, "install"]);
    await makesAndRemovesItsWorkspace(exec);
    const folder = path.join(team.dir, "emulator");
    const emulated = await succeeds(
      ["ica-bench", "emulator", "start", "--port", "0", "--no-containers", "--dir", folder],
      exec,
    );
    await succeeds(["ica-bench", "emulator", "stop", "--purge", "--dir", folder], exec);
    assert.match(emulated, /The emulator runs at/, "its emulator reads and writes files by Plug'n'Play, too");
    await succeeds(["ica-bench", "init", path.join(team.dir, "made"), "--kind", "web"], exec);
  });

  it("works with Yarn's node_modules", async function () {
    const manager = [process.execPath, await installedOrSkip(this, yarn)];
    await team.write(".yarnrc.yml", yarnSettings("node-modules"));
    await team.write("yarn.lock", "");
    await succeeds([...manager, "install"]);
    await makesItsStack();
    await makesAndRemovesItsWorkspace();
  });

  it("works with npm, as an ES module in a folder of its own; another version there is reported", async () => {
    team.env.npm_config_cache = path.join(dir, "npm-cache");
    await team.declare({}, { type: "module" });
    await team.write(
      "apps/prod/Pulumi.yaml",
      "name: prod\nmain: src\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    await team.write(
      "apps/prod/src/index.js",
      'import { Workspace } from "pulumi-ica";\nimport bench from "@team/bench";\nexport const id = bench.make();\nexport const kind = Workspace.name;\n',
    );
    await rm(path.join(team.app, "index.js"));
    await succeeds(["npm", "install", "--no-audit", "--no-fund", "--prefix", team.dir]);
    await makesItsStack();
    assert.doesNotMatch(await makesAndRemovesItsWorkspace(), /warning/);

    const installed = path.join(team.app, "node_modules", "pulumi-ica");
    await cp(path.join(team.dir, "node_modules", "pulumi-ica"), installed, { recursive: true });
    const manifest = path.join(installed, "package.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"version": "0.1.0"', '"version": "0.0.9"'));
    assert.match(
      await succeeds(preview),
      /warning: pulumi-ica 0\.1\.0 declares resources of this program, and pulumi-ica 0\.0\.9 handles them: Pulumi loads it from .*\/apps\/prod\/src\. Set the same version in .*\/apps\/prod\/package\.json\./,
    );
  });
});
