import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";

const repository = path.resolve(__dirname, "../..");
const module_ = pathToFileURL(path.join(repository, "scripts/lib/workflows/lint.mjs")).href;

const provided = z.union([
  z.object({ program: z.string() }),
  z.object({ missing: z.string() }),
  z.object({ failed: z.string() }),
]);
type Provided = z.output<typeof provided>;
type Options = { ci?: boolean; print?: (text: string) => void; provide?: Record<string, () => Promise<Provided>> };

/** What GitHub executes, and what a change to it must not bring along. */
const mutations: readonly {
  what: string;
  file: string;
  from: string | RegExp;
  to: string;
  by: string;
  says: RegExp;
}[] = [
  {
    what: "a title of a pull request in a script",
    file: "examples/pull-request/.github/workflows/pull-request.yml",
    from: "- run: npm ci\n",
    to: "- run: echo $" + "{{ github.event.pull_request.title }}\n",
    by: "zizmor",
    says: /template-injection|attacker-controllable/,
  },
  {
    what: "an input of our action in its script",
    file: "action.yml",
    from: "code=0\n",
    to: "code=$" + "{{ inputs.stack }}\n",
    by: "zizmor",
    says: /template-injection/,
  },
  {
    what: "pull_request_target",
    file: "examples/pull-request/.github/workflows/pull-request.yml",
    from: "  pull_request:\n",
    to: "  pull_request_target:\n",
    by: "zizmor",
    says: /dangerous-triggers/,
  },
  {
    what: "an action by its tag",
    file: ".github/workflows/ci.yml",
    from: /actions\/checkout@\S+ # \S+/,
    to: "actions/checkout@v7",
    by: "zizmor",
    says: /unpinned-uses/,
  },
  {
    what: "a token that stays in the clone",
    file: "examples/pull-request/.github/workflows/pull-request.yml",
    from: /with:\n +persist-credentials: false/,
    to: "",
    by: "zizmor",
    says: /artipacked/,
  },
  {
    what: "a token with all rights",
    file: "examples/pull-request/.github/workflows/drift.yml",
    from: /permissions:\n +contents: read/,
    to: "permissions: write-all",
    by: "zizmor",
    says: /excessive-permissions/,
  },
  {
    what: "an output that no job has",
    file: "examples/pull-request/.github/workflows/drift.yml",
    from: "needs.preview.outputs.report",
    to: "needs.preview.outputs.raport",
    by: "actionlint",
    says: /property "raport" is not defined/,
  },
];

describe("the check of the workflows", function () {
  this.timeout(120_000);
  let root: string;
  let printed: string;

  const lint = async (options: Options = {}) => {
    printed = "";
    const { lintWorkflows } = (await import(module_)) as {
      lintWorkflows(root: string, options: Options): Promise<string[]>;
    };
    return lintWorkflows(root, {
      print: (text) => {
        printed += `${text}\n`;
      },
      ...options,
    });
  };

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "pulumi-ica-workflows-"));
    for (const each of [".github", "action.yml", "comment", "examples/pull-request"])
      await cp(path.join(repository, each), path.join(root, each), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const needsLinters = async (context: Mocha.Context) => {
    const problems = await lint();
    if (!printed.includes("skipped:")) return assert.deepEqual(problems, [], printed);
    context.skipReason = printed.trim();
    context.skip();
  };

  it("has no findings in what is published", async function () {
    await needsLinters(this);
    assert.equal(printed, "");
  });

  for (const { what, file, from, to, by, says } of mutations)
    it(`finds ${what}`, async function () {
      await needsLinters(this);
      const text = await readFile(path.join(root, file), "utf8");
      const changed = text.replace(from, to);
      assert.notEqual(changed, text, "the file has what the test changes");
      await writeFile(path.join(root, file), changed);
      const problems = await lint();
      assert.match(problems.join("\n"), new RegExp(`^${by} found problems in the workflows`, "m"));
      assert.match(printed, says);
    });

  it("is skipped, with the reason, only when the machine cannot have a linter and is not a build server", async () => {
    const provide = {
      actionlint: async () => ({ missing: "Go is not installed" }),
      zizmor: async () => ({ missing: "Python with pip is not installed" }),
    };
    assert.deepEqual(await lint({ ci: false, provide }), []);
    assert.equal(
      printed,
      "skipped: actionlint does not check the workflows: Go is not installed\n" +
        "skipped: zizmor does not check the workflows: Python with pip is not installed\n",
    );
    assert.equal((await lint({ ci: true, provide })).length, 2, "a build server has to have both");
    const failing = { ...provide, zizmor: async () => ({ failed: "`pip install` ended with code 1" }) };
    assert.deepEqual(await lint({ ci: false, provide: failing }), [
      "zizmor does not check the workflows: `pip install` ended with code 1",
    ]);
  });
});
