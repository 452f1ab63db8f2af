import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pluginFolder } from "../engine/plugin/with-plugin";
import { YamlProgram, yamlOrSkip } from "../engine/plugin/yaml-program";
import { WorkspaceBench } from "../engine/workspaces/workspaces";
import { command } from "../support/programs/command";
import { installedOrSkip, node } from "./tools";

const repository = path.resolve(__dirname, "../..");
const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const version = "v0.1.0";
const archive = `pulumi-resource-ica-${version}-${platform}.tar.gz`;

describe("the archives of the plugin", function () {
  this.timeout(180_000);
  let dir: string;
  let release: string;
  let workspaces: WorkspaceBench | undefined;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-archives-"));
    release = path.join(dir, "release");
    await command(process.execPath, [path.join(repository, "scripts/release-plugin.mjs"), release]);
  });

  after(async () => {
    await workspaces?.close();
    await rm(dir, { recursive: true, force: true });
  });

  it("are there for every platform of Pulumi, by the names that Pulumi asks for", async () => {
    const platforms = ["linux", "darwin", "windows"].flatMap((system) => [`${system}-amd64`, `${system}-arm64`]);
    assert.deepEqual(
      (await readdir(release)).sort(),
      platforms.map((each) => `pulumi-resource-ica-${version}-${each}.tar.gz`).sort(),
    );
  });

  describe("installed by Pulumi in an empty home", () => {
    before(async function () {
      yamlOrSkip(this);
      workspaces = await WorkspaceBench.start();
    });

    /** A stack of a program in YAML that says nothing of where the plugin is, after `pulumi plugin install`. */
    async function installed(name: string, ...from: string[]): Promise<YamlProgram> {
      assert.ok(workspaces !== undefined);
      // npm puts the bins of the clone on PATH, and Pulumi would take the plugin from there.
      const PATH = (process.env.PATH ?? "")
        .split(path.delimiter)
        .filter((folder) => !folder.endsWith(path.join("node_modules", ".bin")))
        .join(path.delimiter);
      const env = { ...workspaces.bench.env, PATH, PULUMI_HOME: path.join(dir, name, "home") };
      await mkdir(env.PULUMI_HOME, { recursive: true });
      await command("pulumi", ["plugin", "install", "resource", "ica", version, ...from], { env });
      const program = {
        name,
        resources: { w: { type: "ica:Workspace", properties: workspaces.genomics() } },
      };
      return YamlProgram.create(path.join(dir, name, "program"), env, program, []);
    }

    it("from a file: run a preview of a program in YAML, without a warning", async () => {
      const program = await installed("from-file", "--file", path.join(release, archive));
      const said = await program.pulumi("preview");
      assert.match(said, /\+ +ica:index:Workspace +w +create/);
      assert.doesNotMatch(said, /warning/i);
    });

    it("from an address: run `up`, without a change afterwards, and `destroy`", async () => {
      const server = await serve(release);
      try {
        const { port } = server.address() as AddressInfo;
        const program = await installed("from-address", "--server", `http://127.0.0.1:${port}`);
        await program.pulumi("up", "--yes", "--skip-preview");
        assert.match(await program.pulumi("preview", "--expect-no-changes"), /2 unchanged/);
        await program.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await workspaces?.list(), []);
      } finally {
        server.close();
      }
    });
  });

  it("hold the licence of each library inside", async () => {
    const { stdout: code } = await command("tar", [
      "-xzOf",
      path.join(release, archive),
      "dist/provider/plugin/main.js",
    ]);
    const { stdout: notice } = await command("tar", ["-xzOf", path.join(release, archive), "bundled-licenses.txt"]);
    const packages = new Set(
      [...code.matchAll(/^ *\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm)].map(([, name]) => name),
    );
    assert.ok(packages.has("@grpc/grpc-js"), [...packages].join());
    for (const name of packages) assert.match(notice, new RegExp(`^${name} \\d`, "m"));
  });
});

describe("what starts the plugin", function () {
  this.timeout(60_000);
  const launcher = path.join(pluginFolder, "pulumi-resource-ica");
  let bin: string;

  before(async () => {
    bin = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bin-"));
    for (const name of ["sh", "dirname"]) {
      const { stdout } = await command("which", [name]);
      await symlink(stdout, path.join(bin, name));
    }
  });

  after(async () => {
    await rm(bin, { recursive: true, force: true });
  });

  it("says in one line that Node.js is not on PATH", async () => {
    const { code, all } = await command(launcher, [], { env: { PATH: bin }, mayFail: true });
    assert.deepEqual(
      [code, all],
      [1, "pulumi-resource-ica: there is no Node.js on PATH. Install 20.19 or newer: https://nodejs.org"],
    );
  });

  it("says in one line that Node.js is too old", async function () {
    await symlink(await installedOrSkip(this, node("18.20.8")), path.join(bin, "node"));
    const { code, all } = await command(launcher, [], { env: { PATH: bin }, mayFail: true });
    assert.deepEqual(
      [code, all],
      [1, "pulumi-resource-ica: Node.js 18.20.8 is too old. Install 20.19 or newer: https://nodejs.org"],
    );
  });
});

/** Serves the files of a folder, as the server of a release does. Pulumi refuses an archive without its length. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    readFile(path.join(folder, path.basename(request.url ?? ""))).then(
      (file) => response.setHeader("Content-Length", file.length).end(file),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
