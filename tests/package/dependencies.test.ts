import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import bundledModules from "../../scripts/bundled-modules.json";
import { command } from "../support/programs/command";

const repository = path.resolve(__dirname, "../..");
/** The browser loads these. */
const page = path.join("page", "browser");

const filesOf = (dist: string, suffix: RegExp) =>
  readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => suffix.test(file) && !file.includes(page))
    .sort();

/** Loads each file that FILES lists, and prints those that do not load. */
const loader = `
const faults = [];
for (const file of JSON.parse(process.env.FILES)) {
  try { require(file); } catch (error) { faults.push(file + ": " + error.code + " " + error.message.split("\\n")[0]); }
}
process.stdout.write(JSON.stringify(faults), () => process.exit());
`;

interface Manifest {
  readonly name: string;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

for (const name of ["", "emulator"]) dependenciesOf(path.join(repository, name));

function dependenciesOf(folder: string): void {
  const dist = path.join(folder, "dist");
  const files = (suffix: RegExp) => filesOf(dist, suffix);
  const manifest: Manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));

  describe(`the dependencies of ${manifest.name}`, function () {
    this.timeout(60_000);

    it("all load as CommonJS: Yarn's Plug'n'Play cannot require an ES module", async () => {
      // The command line acts when it is loaded.
      const programs = files(/\.js$/).filter((file) => file !== path.join("cli", "main.js"));
      assert.ok(programs.length > 50, "dist/ holds the package");
      const { stdout } = await command("node", ["--no-experimental-require-module", "-e", loader], {
        env: { FILES: JSON.stringify(programs.map((file) => path.join(dist, file))) },
      });
      assert.deepEqual(JSON.parse(stdout), []);
    });

    it("are all declared: a strict package manager hides every other package", () => {
      const declared = new Set([
        ...Object.keys(manifest.dependencies),
        ...Object.keys(manifest.peerDependencies ?? {}),
      ]);
      const undeclared = files(/\.(js|d\.ts)$/).flatMap((file) =>
        ts
          .preProcessFile(readFileSync(path.join(dist, file), "utf8"), true, true)
          .importedFiles.map(({ fileName }) => fileName)
          .filter((name) => !/^(\.|node:)/.test(name))
          .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"))
          .filter((name) => !declared.has(name))
          .map((name) => `${file} imports ${name}`),
      );
      assert.deepEqual(undeclared, []);
    });
  });
}

describe("the libraries inside pulumi-ica", () => {
  const dist = path.join(repository, "dist");

  it("come with their licences", () => {
    const notice = readFileSync(path.join(dist, "bundled-licenses.txt"), "utf8");
    for (const module of bundledModules) {
      const code = readFileSync(path.join(dist, `${module}.js`), "utf8");
      const packages = new Set(
        [...code.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map(([, name]) => name),
      );
      assert.ok(packages.size > 0, `${module}.js says where its code is from`);
      for (const name of packages) assert.match(notice, new RegExp(`^${name} \\d`, "m"));
    }
    assert.match(notice, /Apache License\n *Version 2\.0/);
  });

  it("keep their names and lines, so that a stack trace stays readable", async () => {
    const script = `
      const { S3Client } = require(${JSON.stringify(path.join(dist, "provider/upload/s3-sdk.js"))});
      try { new S3Client({}).config.endpointProvider({ Bucket: 1 }); } catch (error) { console.log(error.stack); }`;
    const { stdout } = await command("node", ["-e", script]);
    assert.match(stdout, /at decideEndpoint \(.*s3-sdk\.js:\d{3,}:\d{1,3}\)/);
  });
});
