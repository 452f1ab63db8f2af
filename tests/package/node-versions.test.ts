import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exported } from "../support/exports";
import { externalImage } from "./emulator";
import { pack, packEmulator, Team } from "./team";
import { installedOrSkip, node } from "./tools";

/** 20 is what the oldest build server has; 22 and 24 are supported by Node.js itself. */
const versions = ["20.20.2", "22.23.3", "24.9.0"];

describe("the package as a user gets it, with each Node.js", function () {
  this.timeout(240_000);
  let dir: string;
  let team: Team;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-node-"));
    const tarball = await pack(dir);
    team = await Team.create(tarball, { XDG_CACHE_HOME: path.join(dir, "cache") });
    await team.declare({
      "pulumi-ica": `file:${tarball}`,
      "pulumi-ica-emulator": `file:${await packEmulator(dir)}`,
    });
    const { code, all } = await team.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", team.dir]);
    assert.equal(code, 0, all);
  });

  after(async () => {
    await team?.remove();
    await rm(dir, { recursive: true, force: true });
  });

  for (const version of versions) {
    it(`creates, refreshes and removes a workspace of its own emulator: ${version}`, async function () {
      const isThis = version.split(".")[0] === process.versions.node.split(".")[0];
      const program = isThis ? process.execPath : await installedOrSkip(this, node(version));
      // The language host, the program, the provider and the emulator are all started as "node".
      const env: Record<string, string> = {
        PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH ?? ""}`,
      };
      const succeeds = async (...command: string[]): Promise<string> => {
        const { code, all } = await team.run(command, env);
        assert.equal(code, 0, all);
        return all;
      };
      assert.equal(await succeeds("node", "-p", "process.versions.node.split('.')[0]"), version.split(".")[0]);
      const cli = path.join(team.dir, "node_modules", ".bin", "ica-bench");
      const folder = path.join(team.dir, `emulator-${version}`);
      const started = await succeeds(cli, "emulator", "start", "--port", "0", "--no-containers", "--dir", folder);
      try {
        Object.assign(env, exported(started));
        env.IMAGE = await externalImage(env);
        const options = ["--color", "never", "--non-interactive"];
        await succeeds("pulumi", "stack", "init", `node-${version}`);
        assert.match(await succeeds("pulumi", "up", "--yes", "--skip-preview", ...options), /\+ 2 created/);
        assert.match(
          await succeeds("pulumi", "preview", "--refresh", "--expect-no-changes", ...options),
          /2 unchanged/,
        );
        assert.match(await succeeds("pulumi", "destroy", "--yes", "--skip-preview", ...options), /- 2 deleted/);
      } finally {
        await succeeds(cli, "emulator", "stop", "--purge", "--dir", folder);
      }
    });
  }
});
