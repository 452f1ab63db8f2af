import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { packageVersion } from "../../cli/package-root";
import { repository } from "./runner/job";
import { readAction, readWorkflow, type Step } from "./runner/schema";

const actions = ["action.yml", "comment/action.yml"];
const examples = "examples/pull-request/.github/workflows";

/** Every `inputs.name` that a step reads. */
function inputsRead(steps: readonly Step[]): string[] {
  return [...JSON.stringify(steps).matchAll(/\binputs\.([\w-]+)/g)].flatMap(([, name]) => name ?? []);
}

async function workflowFiles(): Promise<string[]> {
  const names = await Promise.all(
    [".github/workflows", examples].map(async (folder) =>
      (await readdir(path.join(repository, folder))).map((name) => path.join(folder, name)),
    ),
  );
  return names.flat();
}

describe("the actions and workflows", () => {
  for (const file of actions) {
    it(`${file} is an action by GitHub's own schema`, async () => {
      const { parseAction } = await import("@actions/workflow-parser/actions/action-parser");
      const { NoOperationTraceWriter } = await import("@actions/workflow-parser");
      const content = await readFile(path.join(repository, file), "utf8");
      const { context } = parseAction({ name: file, content }, new NoOperationTraceWriter());
      assert.deepEqual(
        context.errors.getErrors().map(({ message }) => message),
        [],
      );
    });

    it(`${file} reads each input that it declares, and no other`, async () => {
      const { inputs, runs } = await readAction(path.join(repository, file));
      assert.deepEqual([...new Set(inputsRead(runs.steps))].sort(), Object.keys(inputs).sort());
    });

    it(`${file} passes on inputs by the environment: no script has an expression in it`, async () => {
      const { runs } = await readAction(path.join(repository, file));
      for (const { run } of runs.steps) assert.doesNotMatch(run ?? "", /\$\{\{/);
    });
  }

  it("no script of a workflow has an expression in it", async () => {
    for (const file of await workflowFiles())
      for (const { steps } of Object.values((await readWorkflow(path.join(repository, file))).jobs))
        for (const { run } of steps) assert.doesNotMatch(run ?? "", /\$\{\{/, file);
  });

  it("no job with a right to write checks out code or gets a secret", async () => {
    let seen = 0;
    for (const file of await workflowFiles())
      for (const [id, job] of Object.entries((await readWorkflow(path.join(repository, file))).jobs)) {
        if (!Object.values(job.permissions).includes("write")) continue;
        seen++;
        const text = JSON.stringify(job);
        assert.doesNotMatch(text, /actions\/checkout|secrets\./, `${id} of ${file}`);
      }
    assert.equal(seen, 2, "the comment and the issue");
  });

  it("the examples use this project's actions at the version of package.json", async () => {
    let seen = 0;
    for (const file of await readdir(path.join(repository, examples)))
      for (const [, version] of (await readFile(path.join(repository, examples, file), "utf8")).matchAll(
        /uses: pulumi-ica\/pulumi-ica\S*@(\S+)/g,
      )) {
        seen++;
        assert.equal(version, `v${packageVersion()}`, file);
      }
    assert.equal(seen, 4);
  });
});
