import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmulator } from "../../emulator/server";
import { command } from "../support/command";

const repository = path.resolve(__dirname, "../..");

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
export const id: pulumi.Output<string> = image.imageId;
export const url: pulumi.Output<string | undefined> = workspace.webUrl;
`;

const mistakes = `
import * as ica from "pulumi-ica";
new ica.BenchImage("page", { build: { contxt: "./image" }, access: { web: true } });
new ica.Workspace("hello", { image: "i", resourceModel: "m", storageGb: "10", access: {}, network: "open" });
`;

const dockerfile = `FROM debian:bookworm-slim
ARG MIRROR
RUN useradd --uid 1000 --gid users --home-dir /data ica
COPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh
USER ica
`;

describe("the package as a user gets it", function () {
  this.timeout(300_000);
  let dir: string;
  let project: string;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-package-"));
    project = path.join(dir, "project");
    await mkdir(path.join(project, "image"), { recursive: true });
    await command("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", dir], { cwd: repository });
    const [tarball] = (await readdir(dir)).filter((name) => name.endsWith(".tgz"));
    assert.ok(tarball !== undefined, "npm pack made a tarball");
    await writeFile(path.join(project, "Pulumi.yaml"), "name: user\nruntime: nodejs\n");
    await writeFile(path.join(project, "index.ts"), program);
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
        path.join(dir, tarball),
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
    assert.deepEqual(entries.sort(), ["LICENSE", "README.md", "dist", "examples", "openapi", "package.json"]);
  });

  it("type-checks a program against its types", async () => {
    const { stdout, code } = await typeCheck();
    assert.equal(code, 0, stdout);
  });

  it("type-checks with the newest module resolution, and its declarations stand on their own", async () => {
    const { stdout, code } = await command(
      path.join(project, "node_modules/.bin/tsc"),
      ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "index.ts"],
      { cwd: project, mayFail: true },
    );
    // Declarations of other packages are their own business; not a single line may come from ours or from the program.
    const ours = stdout.split("\n").filter((line) => /^(index\.ts|node_modules\/pulumi-ica\/)/.test(line));
    assert.deepEqual(ours, [], `exit ${code}`);
  });

  it("finds a user's mistakes when compiling", async () => {
    await writeFile(path.join(project, "mistakes.ts"), mistakes);
    const { stdout } = await typeCheck();
    await rm(path.join(project, "mistakes.ts"));
    for (const word of ["contxt", "storageGb", "network"])
      assert.match(stdout, new RegExp(word), `"${word}" is an error`);
  });

  it("offers its command line", async () => {
    const { stdout } = await command(path.join(project, "node_modules/.bin/ica-bench"), ["--help"]);
    assert.match(stdout, /emulator/);
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

  it("previews the program with the real engine", async () => {
    const emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator") });
    try {
      await mkdir(path.join(dir, "state"));
      const env = {
        PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
        PULUMI_HOME: path.join(dir, "home"),
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ICA_API_KEY: emulator.apiKey ?? "",
        ICA_PROJECT_ID: emulator.projectId,
        ICA_BASE_URL: `${emulator.url}/ica/rest`,
        ICA_S3_ENDPOINT: emulator.s3Url,
      };
      await command("pulumi", ["stack", "init", "dev"], { cwd: project, env });
      const { stdout } = await command("pulumi", ["preview", "--color", "never", "--non-interactive", "--diff"], {
        cwd: project,
        env,
      });
      assert.match(stdout, /ica:BenchImage[\s\S]*contextHash *: "[0-9a-f]{64}"/);
      assert.match(stdout, /ica:Workspace[\s\S]*name *: "user-dev-hello"/);
      assert.match(stdout, /3 to create/);
    } finally {
      await emulator.close({ removeAll: true });
    }
  });
});
