import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { packageVersion } from "../../cli/package-root";
import { Run } from "./events";
import { icaBench, repository } from "./process";

const kinds = ["console", "web", "rstudio"] as const;
const texts = z.record(z.string(), z.string());
const manifest = z.object({ name: z.string(), dependencies: texts, devDependencies: texts });

describe("ica-bench init", function () {
  this.timeout(180_000);
  let dir: string;

  beforeEach(async () => {
    dir = await realpath(await mkdtemp(path.join(tmpdir(), "pulumi-ica-init-")));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const read = (...parts: string[]) => readFile(path.join(dir, ...parts), "utf8");

  it("writes each kind as a project of its own, which lint accepts as it is", async () => {
    for (const kind of kinds) {
      const { code, stderr } = await icaBench(["init", path.join(dir, `My ${kind}`), "--kind", kind]);
      assert.equal(code, 0, stderr);
      const { name, dependencies, devDependencies } = manifest.parse(
        JSON.parse(await read(`My ${kind}`, "package.json")),
      );
      assert.equal(name, `my-${kind}`);
      assert.equal(
        dependencies["pulumi-ica"],
        `^${packageVersion()}`,
        "the published package, no folder of a repository",
      );
      assert.equal(devDependencies["pulumi-ica-emulator"], `^${packageVersion()}`, "ica-bench run works in it");
      assert.match(await read(`My ${kind}`, "Pulumi.yaml"), new RegExp(`^name: my-${kind}$`, "m"));
      assert.match(await read(`My ${kind}`, ".gitattributes"), /eol=lf/);
      for (const file of ["index.ts", "image/Dockerfile", "image/ica_start.sh"])
        assert.equal(
          await read(`My ${kind}`, file),
          await readFile(path.join(repository, "examples", kind, file), "utf8"),
          "the example is the one source",
        );
      const lint = await icaBench(["lint"], { cwd: path.join(dir, `My ${kind}`) });
      assert.equal(lint.stdout, "No findings: nothing here that Bench would refuse.\n");
    }
  });

  it("writes a project that run takes as it is", async () => {
    await icaBench(["init", "--kind", "web"], { cwd: dir });
    const run = new Run([], { cwd: dir });
    try {
      const { web } = await run.ready();
      assert.match(await (await fetch(web ?? "")).text(), /Hello from a Bench workspace/);
      assert.equal((await run.interrupt()).code, 0);
    } finally {
      await run.end();
    }
  });

  it("overwrites nothing, and then writes nothing at all", async () => {
    await mkdir(path.join(dir, "image"));
    await writeFile(path.join(dir, "image", "Dockerfile"), "FROM mine\n");
    const { code, stderr } = await icaBench(["init", dir, "--kind", "web"]);
    assert.equal(code, 1);
    assert.match(stderr, /has image\/Dockerfile already, and init overwrites nothing/);
    assert.equal(await read("image", "Dockerfile"), "FROM mine\n");
    await assert.rejects(stat(path.join(dir, "package.json")), { code: "ENOENT" });
  });

  it("leaves git's own files of a repository as they are", async () => {
    await writeFile(path.join(dir, ".gitignore"), "mine\n");
    assert.equal((await icaBench(["init", dir, "--kind", "console"])).code, 0);
    assert.equal(await read(".gitignore"), "mine\n");
    assert.match(await read(".gitattributes"), /eol=lf/);
  });

  it("wants to know the kind", async () => {
    const { code, stderr } = await icaBench(["init", dir]);
    assert.notEqual(code, 0);
    assert.match(stderr, /--kind/);
  });
});
