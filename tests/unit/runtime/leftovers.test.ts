import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Names, testRunVariable } from "../../../runtime/names";
import { setEnvironment } from "../../support/programs/environment";

const leftovers = pathToFileURL(path.resolve(__dirname, "../../../scripts/lib/tests/leftovers.mjs")).href;

describe("what a run of tests leaves in Docker", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("is its own and what names no run, and nothing that another run made", async () => {
    const docker = path.join(dir, "docker");
    await writeFile(
      docker,
      `#!/bin/sh\nif [ "$1" = ps ]; then printf 'a\\tthis\\tours\\nb\\tother\\ttheirs\\nc\\t\\tanybody\\n'; fi\n`,
    );
    await chmod(docker, 0o755);
    const program = `import { labelled } from ${JSON.stringify(leftovers)}; console.log(JSON.stringify([...(await labelled(process.argv[1], "this")).values()]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program, docker], {
      encoding: "utf8",
    });
    assert.deepEqual(JSON.parse(stdout || "null"), ["container ours", "container anybody"], stderr);
  });

  it("carries the mark of the run", () => {
    const restoreEnvironment = setEnvironment({ [testRunVariable]: "a-run" });
    try {
      assert.equal(new Names("x").labels("data")["pulumi-ica.test-run"], "a-run");
      delete process.env[testRunVariable];
      assert.deepEqual(Object.keys(new Names("x").labels("data")), ["pulumi-ica", "pulumi-ica.instance"]);
    } finally {
      restoreEnvironment();
    }
  });
});
