import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { previewCommand } from "../../../../cli/preview/command";
import { projectName } from "../../../../cli/preview/project-name";
import { parseReport } from "../../../../cli/preview/report/report";

describe("the project of a digest without resources", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-project-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is the name in Pulumi.yaml, Pulumi.yml or Pulumi.json", async () => {
    assert.equal(await projectName(folder), undefined);
    await writeFile(path.join(folder, "Pulumi.json"), '{"name": "third"}');
    assert.equal(await projectName(folder), "third");
    await writeFile(path.join(folder, "Pulumi.yml"), "name: second\nruntime: yaml\n");
    assert.equal(await projectName(folder), "second");
    for (const broken of ["name: [", "name: 7", "runtime: nodejs", ""]) {
      await writeFile(path.join(folder, "Pulumi.yaml"), broken);
      assert.equal(await projectName(folder), "second", broken);
    }
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: first\n");
    assert.equal(await projectName(folder), "first");
  });

  it("is in the report of a preview that failed before its first resource, so that the comment is the stack's", async () => {
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: bench\nruntime: nodejs\n");
    const [digest, output] = [path.join(folder, "digest.json"), path.join(folder, "report.json")];
    await writeFile(digest, '{"steps": [], "diagnostics": [{"severity": "error", "message": "no such module"}]}');
    const before = process.exitCode;
    const args = [
      "--from",
      digest,
      "--stack",
      "org/bench/dev",
      "--cwd",
      folder,
      "--format",
      "json",
      "--output",
      output,
    ];
    try {
      await previewCommand().parseAsync(args, { from: "user" });
    } finally {
      process.exitCode = before;
    }
    const report = parseReport(await readFile(output, "utf8"));
    assert.deepEqual(report.stack, { name: "dev", project: "bench" });
  });
});
