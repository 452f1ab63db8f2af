import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "../support/programs/command";

const repository = path.resolve(__dirname, "../..");

/** Packs pulumi-ica into a folder, as it would be published. */
export const pack = (dir: string): Promise<string> => packed(dir, [], /^pulumi-ica-\d/);

/** Packs pulumi-ica-emulator into a folder, as it would be published. */
export const packEmulator = (dir: string): Promise<string> =>
  packed(dir, ["--workspace", "emulator"], /^pulumi-ica-emulator-\d/);

async function packed(dir: string, which: readonly string[], name: RegExp): Promise<string> {
  const options = ["--silent", "--ignore-scripts", ...which, "--pack-destination", dir];
  await command("npm", ["pack", ...options], { cwd: repository });
  const tarball = (await readdir(dir)).find((file) => name.test(file));
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  return path.join(dir, tarball);
}

export type Json = { readonly [key: string]: string | boolean | Json | readonly string[] };

const shared = `
const ica = require("pulumi-ica");
exports.make = () => new ica.Workspace("hello", {
  image: process.env.IMAGE,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { web: true },
  network: "public",
}).workspaceId;
`;

/** Where the program is, below the root of the team's repository. */
const app = path.join("apps", "prod");

/** A repository of a team: the program `apps/prod` declares its workspace by a package that it shares with others, `@team/bench`. */
export class Team {
  private constructor(
    readonly dir: string,
    readonly tarball: string,
    readonly env: Record<string, string>,
    readonly pulumi: string,
  ) {}

  /** `pulumi` is the range of @pulumi/pulumi; `env` what commands are run with. */
  static async create(tarball: string, env: Record<string, string>, pulumi = "^3.200.0"): Promise<Team> {
    const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-team-"));
    const own = {
      ...env,
      PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
      PULUMI_HOME: path.join(dir, "home"),
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    const team = new Team(dir, tarball, own, pulumi);
    await mkdir(path.join(dir, "state"));
    await team.write("package.json", { name: "team", private: true, workspaces: ["apps/*", "packages/*"] });
    await team.write("packages/bench/package.json", {
      name: "@team/bench",
      version: "1.0.0",
      main: "index.js",
      dependencies: { "@pulumi/pulumi": pulumi, "pulumi-ica": `file:${tarball}` },
    });
    await team.write("packages/bench/index.js", shared);
    await team.write(`${app}/Pulumi.yaml`, "name: prod\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n");
    await team.write(`${app}/index.js`, 'exports.id = require("@team/bench").make();\n');
    await team.declare({});
    return team;
  }

  get app(): string {
    return path.join(this.dir, app);
  }

  /** Writes the program's package.json, with these dependencies beside @pulumi/pulumi and @team/bench. */
  declare(dependencies: Record<string, string>, more: Json = {}): Promise<void> {
    return this.write(`${app}/package.json`, {
      name: "prod",
      private: true,
      dependencies: { "@pulumi/pulumi": this.pulumi, "@team/bench": "*", ...dependencies },
      ...more,
    });
  }

  /** Writes a file below the root. */
  async write(file: string, content: string | Json): Promise<void> {
    const target = path.join(this.dir, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }

  /** Runs a command in the program's folder; resolves also when it fails. */
  run([program = "", ...args]: readonly string[], env: Record<string, string> = {}) {
    return command(program, args, { cwd: this.app, env: { ...this.env, ...env }, mayFail: true });
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }
}
