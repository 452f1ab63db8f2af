import { strict as assert } from "node:assert";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { CliProgram } from "../program/cli-program";
import { WorkspaceBench } from "../workspaces/workspaces";

describe("an up without a preview, of an image that is not there to be published", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    program = await CliProgram.create(workspaces.bench, "");
    await mkdir(path.join(program.dir, "empty"));
  });

  after(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  const cases: [string, string, RegExp][] = [
    [
      "the local Docker has none",
      `image: "pulumi-ica-test/nowhere:1"`,
      /no image pulumi-ica-test\/nowhere:1: build or pull it first/,
    ],
    ["the context is no folder", `build: { context: "./nowhere" }`, /nowhere is not a folder/],
    ["there is no Dockerfile", `build: { context: "./empty" }`, /cannot read the Dockerfile: .*empty.* does not exist/],
    ["ICA has none", `existingId: "${"0".repeat(8)}-0000-4000-8000-000000000000"`, /ICA has no Docker image|no image/],
  ];
  for (const [what, source, words] of cases)
    it(`says so: ${what}`, async () => {
      await program.change(`new ica.BenchImage("i", { ${source}, version: "1", access: { web: true } });`);
      const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"];
      const { code, all } = await program.pulumi(...args);
      assert.notEqual(code, 0);
      assert.match(all, words);
      assert.doesNotMatch(all, /unexpected unknown/);
    });
});
