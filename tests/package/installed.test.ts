import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exported } from "../support/exports";
import { command } from "../support/programs/command";
import { pack, packEmulator } from "./team";

const program = `
import * as pulumi from "@pulumi/pulumi";
import * as ica from "pulumi-ica";

const image = new ica.BenchImage("page", {
  build: { context: "./image", args: { MIRROR: pulumi.output("example.org") } },
  access: { web: true },
  regions: ["use1"],
});
const workspace = new ica.Workspace("hello", {
  image: image.imageId,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { web: true },
  network: "restricted",
  allowedUrls: ["https://cran.r-project.org"],
  desiredState: "running",
});
export const published: pulumi.Output<number> = ica.listImagesOutput({ name: image.name }).apply(({ length }) => length);
export const id: pulumi.Output<string> = image.imageId;
export const url: pulumi.Output<string | undefined> = workspace.webUrl;
`;

const lookups = `
import * as pulumi from "@pulumi/pulumi";
import * as ica from "pulumi-ica";

const shared = ica.getImageOutput({ name: pulumi.output("rstudio"), version: "1" });
const taken = ica.Workspace.fromExisting("taken", "0001", { image: shared.imageId, desiredState: "stopped" });
export const byId: Promise<ica.GetImageResult> = ica.getImage({ imageId: "0002" });
export const all: pulumi.Output<(string | undefined)[]> = pulumi.all([
  shared.benchSettings.apply(({ web }) => String(web)),
  ica.getWorkspaceOutput({ name: "genomics" }).webUrl,
  taken.status,
  ica.BenchImage.fromExisting("image", "0002").version,
]);
`;

/** One mistake a line, from line 3 on. */
const mistakes = [
  "import * as ica from 'pulumi-ica';",
  "const workspace = { image: 'i', resourceModel: 'm', storageGb: 10, access: {}, network: 'public' } as const;",
  "new ica.BenchImage('page', { build: { contxt: './image' }, access: { web: true } });",
  "new ica.BenchImage('page', { build: { context: './image' } });",
  "new ica.Workspace('hello', { ...workspace, storageGb: '10' });",
  "new ica.Workspace('hello', { ...workspace, network: 'open' });",
  "new ica.Workspace('hello', { ...workspace, desiredState: 'paused' });",
  "ica.getImage({ version: '1' });",
  "ica.getWorkspace({ name: 'genomics', workspaceId: '1' });",
];

const dockerfile = `FROM debian:bookworm-slim
ARG MIRROR
RUN useradd --uid 1000 --gid users --home-dir /data ica
COPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh
USER ica
`;

/** How many packages a project has in its node_modules, and how large they are. */
async function installed(project: string): Promise<{ packages: number; megabytes: number }> {
  const lock = JSON.parse(await readFile(path.join(project, "node_modules/.package-lock.json"), "utf8")) as {
    packages: Record<string, unknown>;
  };
  const { stdout } = await command("du", ["-sk", path.join(project, "node_modules")]);
  return { packages: Object.keys(lock.packages).length, megabytes: Number.parseInt(stdout, 10) / 1024 };
}

describe("the package as a user gets it", function () {
  this.timeout(300_000);
  let dir: string;
  let project: string;
  let tarball: string;
  let emulator: string;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-package-"));
    project = path.join(dir, "project");
    await mkdir(path.join(project, "image"), { recursive: true });
    tarball = await pack(dir);
    emulator = await packEmulator(dir);
    await writeFile(path.join(project, "Pulumi.yaml"), "name: user\nruntime: nodejs\n");
    await writeFile(path.join(project, "index.ts"), program);
    await writeFile(path.join(project, "lookups.ts"), lookups);
    await writeFile(path.join(project, "image/Dockerfile"), dockerfile);
    await writeFile(path.join(project, "image/ica_start.sh"), "#!/bin/bash\n# port 8888\nexec sleep infinity\n");
    await writeFile(
      path.join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "ES2022",
          module: "commonjs",
          strict: true,
          esModuleInterop: true,
          noEmit: true,
          skipLibCheck: true,
        },
      }),
    );
    await writeFile(
      path.join(project, "package.json"),
      JSON.stringify({ name: "user", private: true, main: "index.ts" }),
    );
    await command(
      "npm",
      [
        "install",
        "--no-audit",
        "--no-fund",
        tarball,
        "@pulumi/pulumi@3",
        "typescript@5",
        "ts-node@10",
        "@types/node@20",
      ],
      {
        cwd: project,
      },
    );
  });

  after(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  const typeCheck = () =>
    command(path.join(project, "node_modules/.bin/tsc"), ["-p", ".", "--pretty", "false"], {
      cwd: project,
      mayFail: true,
    });

  it("holds what it needs and nothing of the tests or the set-up", async () => {
    const entries = await readdir(path.join(project, "node_modules/pulumi-ica"));
    assert.deepEqual(entries.sort(), [
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "examples",
      "openapi",
      "package.json",
    ]);
    const code = await readdir(path.join(project, "node_modules/pulumi-ica/dist"));
    assert.deepEqual(
      code.sort(),
      ["bundled-licenses.txt", "cli", "provider", "runtime", "sdk"],
      "nothing of the emulator",
    );
    const shared = await readdir(path.join(project, "node_modules/pulumi-ica/dist/runtime"));
    assert.deepEqual(
      shared.sort(),
      ["allowed-url.js", "bench-facts.js", "docker-programs.js", "is-alive.js", "printable.js"],
      "of Bench's rules only what a preview needs",
    );
  });

  it("type-checks a program against its types", async () => {
    const { stdout, code } = await typeCheck();
    assert.equal(code, 0, stdout);
  });

  it("type-checks in a project as `pulumi new typescript` makes it, with the type check of libraries on", async () => {
    const options = ["--strict", "--module", "commonjs", "--moduleResolution", "node", "--target", "es2020"];
    const { stdout, code } = await command(
      path.join(project, "node_modules/.bin/tsc"),
      ["--noEmit", "--pretty", "false", ...options, "index.ts", "lookups.ts"],
      { cwd: project, mayFail: true },
    );
    assert.equal(code, 0, stdout);
  });

  it("type-checks with the newest module resolution, and its own declarations have no errors", async () => {
    const { stdout, code } = await command(
      path.join(project, "node_modules/.bin/tsc"),
      ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "index.ts", "lookups.ts"],
      { cwd: project, mayFail: true },
    );
    // Declarations of other packages are their own business; not a single line may come from ours or from the program.
    const ours = stdout.split("\n").filter((line) => /^(index\.ts|lookups\.ts|node_modules\/pulumi-ica\/)/.test(line));
    assert.deepEqual(ours, [], `exit ${code}`);
  });

  it("finds a user's mistakes when compiling", async () => {
    await writeFile(path.join(project, "mistakes.ts"), mistakes.join("\n"));
    const { stdout } = await typeCheck();
    await rm(path.join(project, "mistakes.ts"));
    const lines = [...stdout.matchAll(/^mistakes\.ts\((\d+),/gm)].map(([, line]) => Number(line));
    assert.deepEqual([...new Set(lines)], [3, 4, 5, 6, 7, 8, 9], stdout);
  });

  it("writes projects from the examples that it brings along", async () => {
    const program = path.join(project, "node_modules/.bin/ica-bench");
    for (const kind of ["console", "web", "rstudio"]) {
      const made = path.join(dir, `made-${kind}`);
      await command(program, ["init", made, "--kind", kind]);
      const entries = await readdir(made);
      assert.deepEqual(
        entries.sort(),
        [".gitattributes", ".gitignore", "Pulumi.yaml", "image", "index.ts", "package.json", "tsconfig.json"],
        kind,
      );
      await command(program, ["lint", made]);
    }
  });

  it("says how to install the emulator when a command needs it and it is missing", async () => {
    const program = path.join(project, "node_modules/.bin/ica-bench");
    for (const [asked, args] of [
      ["ica-bench emulator", ["emulator", "start"]],
      ["ica-bench run", ["run", "image"]],
    ] as const) {
      const { all, code } = await command(program, args, { cwd: project, mayFail: true });
      assert.equal(code, 1, all);
      const remedy = "Install it beside pulumi-ica: npm install --save-dev pulumi-ica-emulator";
      assert.equal(all, `${asked} needs the package pulumi-ica-emulator, which is not installed. ${remedy}`);
    }
    const help = await command(program, ["--help"], { cwd: project });
    assert.match(help.stdout, /\n +emulator +An ICA on this machine/, "the help lists it all the same");
  });

  it("previews no trial without the emulator, and says so at `verify`", async () => {
    const script = `
      const { benchImage } = require("pulumi-ica/provider");
      process.env.ICA_API_KEY = "k"; process.env.ICA_PROJECT_ID = "00000000-0000-4000-8000-000000000000";
      const news = { name: "page", build: { context: "./image" }, access: { web: true }, verify: "run" };
      benchImage.check({}, news).then(({ failures }) => console.log(JSON.stringify(failures)));`;
    const { stdout } = await command(process.execPath, ["-e", script], { cwd: project });
    assert.match(stdout, /"property":"verify","reason":"verify: \\"run\\" needs the package pulumi-ica-emulator/);
  });

  it("is small: it installs a quarter of what it did with the emulator and the whole AWS SDK in it", async () => {
    const bare = path.join(dir, "bare");
    await mkdir(bare);
    await writeFile(path.join(bare, "package.json"), JSON.stringify({ name: "bare", private: true }));
    await command("npm", ["install", "--no-audit", "--no-fund", "@pulumi/pulumi@3"], { cwd: bare });
    const before = await installed(bare);
    await command("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: bare });
    const after = await installed(bare);
    const added = { packages: after.packages - before.packages, megabytes: after.megabytes - before.megabytes };
    console.log(`      pulumi-ica installs ${added.packages} packages, ${added.megabytes.toFixed(1)} MB`);
    // With the emulator in it: 282 packages and 78 MB.
    assert.ok(added.packages <= 50, `${added.packages} packages`);
    assert.ok(added.megabytes <= 22, `${added.megabytes} MB`);
  });

  it("works with an emulator, against which the real engine previews the program", async () => {
    await command("npm", ["install", "--no-audit", "--no-fund", "--save-dev", emulator], { cwd: project });
    const cli = path.join(project, "node_modules/.bin/ica-bench");
    const emulatorDir = path.join(dir, "emulator");
    const started = await command(cli, ["emulator", "start", "--port", "0", "--dir", emulatorDir]);
    try {
      await mkdir(path.join(dir, "state"));
      const env = {
        ...exported(started.stdout),
        PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
        PULUMI_HOME: path.join(dir, "home"),
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      };
      await command("pulumi", ["stack", "init", "dev"], { cwd: project, env });
      const { stdout } = await command("pulumi", ["preview", "--color", "never", "--non-interactive", "--diff"], {
        cwd: project,
        env,
      });
      assert.match(stdout, /ica:BenchImage[\s\S]*contextHash *: "[0-9a-f]{64}"/);
      assert.match(stdout, /ica:Workspace[\s\S]*name *: "user-dev-hello"/);
      assert.match(stdout, /3 to create/);
      const home = `http://localhost:${new URL(exported(started.stdout).ICA_BASE_URL ?? "").port}`;
      for (const file of ["/", "/page/app.js", "/page/style.css", "/page/lit-html/lit-html.js"]) {
        assert.equal((await fetch(`${home}${file}`)).status, 200, `its page has ${file}`);
      }
      assert.match(stdout, /published *: 0/, "a look-up works from where the package is installed");
    } finally {
      await command(cli, ["emulator", "stop", "--purge", "--dir", emulatorDir]);
    }
  });
});
