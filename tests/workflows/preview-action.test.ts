import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageVersion } from "../../cli/package-root";
import { parseReport } from "../../cli/preview/report/report";
import { command } from "../support/programs/command";
import { type Machine, startMachine } from "./machine/machine";
import type { JobRecord, Run } from "./runner/host";
import { runJob } from "./runner/job";

const stack = "urn:pulumi:dev::team::pulumi:pulumi:Stack::team-dev";
const bucket = "urn:pulumi:dev::team::aws:s3/bucket:Bucket::logs";
const changes = {
  steps: [
    { op: "same", urn: stack },
    { op: "create", urn: bucket, newState: { inputs: {} } },
  ],
  changeSummary: { same: 1, create: 1 },
};
const unchanged = { steps: [{ op: "same", urn: stack }], changeSummary: { same: 1 } };
const failed = { steps: [], diagnostics: [{ urn: stack, message: "no such team", severity: "error" }] };

/** action.yml as a step, on digests of `pulumi preview --json` in the repository: what it does around `ica-bench preview`. */
describe("the action that previews", function () {
  this.timeout(120_000);
  let folder: string;
  let machine: Machine;
  let clone: string;
  let sha: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-preview-action-"));
    machine = await startMachine(folder, {});
    clone = path.join(folder, "clone");
    const below = path.join(clone, "stacks/a b");
    await mkdir(below, { recursive: true });
    const dependencies = { "pulumi-ica": `^${packageVersion()}` };
    await writeFile(path.join(below, "package.json"), JSON.stringify({ private: true, dependencies }));
    await writeFile(path.join(below, "package-lock.json"), "{}");
    for (const [name, digest] of Object.entries({ changes, unchanged, failed }))
      await writeFile(path.join(below, `${name}.json`), JSON.stringify(digest));
    const git = (...args: string[]) =>
      command("git", ["-C", clone, "-c", "user.name=A", "-c", "user.email=a@b", ...args]);
    await git("init", "--quiet");
    await git("config", "uploadpack.allowAnySHA1InWant", "true");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "Start");
    sha = (await git("rev-parse", "HEAD")).stdout;
  });
  after(async () => {
    await machine?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function preview(given: Record<string, string>): Promise<JobRecord> {
    const run: Run = {
      host: {
        ...{ repository: "team/stacks", clone, vars: {}, secrets: {}, apiUrl: "http://127.0.0.1:1" },
        ...{ machine: machine.env, home: machine.home, caches: new Map(), issueToken: () => "ghs_1" },
      },
      trigger: { event: "push", ref: "refs/heads/main", sha, restricted: false, runId: 1, attempt: 1, payload: {} },
      ...{ workflow: "w.yml", artifacts: new Map(), folder },
    };
    const plain = { with: {}, env: {} };
    const cwd = "stacks/a b";
    return runJob(
      run,
      "preview",
      {
        ...{ needs: [], "runs-on": "ubuntu-latest", "timeout-minutes": 5, permissions: { contents: "read" }, env: {} },
        outputs: {
          report: `$${"{{ steps.p.outputs.report }}"}`,
          result: `$${"{{ steps.p.outputs.result }}"}`,
        },
        steps: [
          { ...plain, uses: "actions/checkout@v0", with: { "persist-credentials": "false" } },
          { ...plain, run: "npm ci", "working-directory": cwd },
          {
            ...plain,
            id: "p",
            uses: `pulumi-ica/pulumi-ica@v${packageVersion()}`,
            with: { "working-directory": cwd, ...given },
          },
        ],
      },
      {},
    );
  }

  for (const [from, expected] of Object.entries({
    unchanged: "success",
    changes: "success",
    failed: "failure",
  } as const))
    it(`gives the result ${from}, the report and the job summary, and is a ${expected}`, async () => {
      const job = await preview({ from: `${from}.json` });
      const log = job.steps.map((step) => step.log).join("\n");
      assert.deepEqual([job.result, job.outputs.result], [expected, from], log);
      assert.equal(parseReport(await readFile(job.outputs.report ?? "", "utf8")).outcome, from);
      assert.match(job.summary, /^### Preview of /m);
    });

  it("gives no report when there is none, and fails", async () => {
    const job = await preview({ from: "missing.json" });
    assert.deepEqual([job.result, job.outputs.result, job.outputs.report], ["failure", "failed", ""]);
    assert.match(job.steps.at(-1)?.log ?? "", /missing\.json/);
  });

  it("treats inputs as data, never as a command or another option", async () => {
    const pwned = path.join(folder, "pwned");
    for (const hostile of [`$(touch ${pwned})`, `\`touch ${pwned}\``, `"; touch ${pwned}; "`, `--output=${pwned}`]) {
      const job = await preview({ from: "changes.json", stack: hostile });
      assert.equal(job.outputs.result, "changes", job.steps.at(-1)?.log);
      assert.ok(!existsSync(pwned), hostile);
    }
  });

  it("gives each policy pack to the preview", async () => {
    const job = await preview({ from: "changes.json", "policy-packs": "one\n\nt w o\n", refresh: "true" });
    // With a digest these options are refused, by the command that got them.
    assert.match(job.steps.at(-1)?.log ?? "", /--refresh and --policy-pack are for a preview/);
  });
});
