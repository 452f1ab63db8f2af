import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { reportOf } from "../client/comment/support";
import { pullRequestEvent } from "../support/servers/github/events";
import { GithubServer } from "../support/servers/github/server";
import { GitlabServer } from "../support/servers/gitlab/server";
import { type Machine, startMachine } from "./machine/machine";
import { runGitlabJob } from "./runner/gitlab";
import type { JobRecord, Run } from "./runner/host";
import { repository, runJob } from "./runner/job";
import { runScript } from "./runner/process";
import { readWorkflow } from "./runner/schema";

const file = path.join(repository, "examples/pull-request/.github/workflows/pull-request.yml");

/** What a runner that keeps its build folder may have there of a pull request: settings under which npm installs nothing. */
async function plant(folder: string): Promise<void> {
  for (const place of [folder, path.join(folder, "ica-bench")]) {
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, ".npmrc"), "offline=true\n");
    await writeFile(path.join(place, "package.json"), '{"dependencies":{"pulumi-ica":"file:./not-there"}}');
  }
}

/** The package comes from npm, without its peer packages, as on a machine that has no checkout. */
describe("the job that comments", function () {
  this.timeout(240_000);
  let folder: string;
  let github: GithubServer;
  let machine: Machine;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-comment-job-"));
    github = await GithubServer.start();
    machine = await startMachine(folder, {});
  });
  after(async () => {
    await machine?.close();
    await github?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => github.reset());

  async function comment(report: string, mayWrite = true): Promise<JobRecord> {
    const artifact = await mkdtemp(path.join(folder, "artifact-"));
    await writeFile(path.join(artifact, "report.json"), report);
    await mkdir(path.join(folder, "runs"), { recursive: true });
    const run: Run = {
      host: {
        ...{ repository: github.repo, clone: "", vars: {}, secrets: { ICA_API_KEY: "not for this job" } },
        ...{ apiUrl: github.url, machine: machine.env, home: machine.home, caches: new Map() },
        issueToken(permissions) {
          assert.deepEqual(permissions, { "pull-requests": "write" });
          github.hasAccount("ghs_1", { login: "github-actions[bot]", type: "Bot", mayWrite });
          return "ghs_1";
        },
      },
      trigger: {
        ...{
          event: "pull_request",
          ref: "refs/pull/7/merge",
          sha: "a".repeat(40),
          restricted: false,
          runId: 1,
          attempt: 1,
        },
        payload: JSON.parse(JSON.stringify(pullRequestEvent(github, 7, { number: 1, sha: "b".repeat(40) }))),
      },
      workflow: ".github/workflows/pull-request.yml",
      artifacts: new Map([["bench-preview", artifact]]),
      folder: path.join(folder, "runs"),
    };
    const { jobs } = await readWorkflow(file);
    const { comment: job } = jobs;
    assert.ok(job !== undefined);
    return runJob(run, "comment", job, {});
  }

  it("needs the report, npm and its token, and nothing else", async () => {
    const job = await comment(JSON.stringify(reportOf()));
    assert.equal(job.result, "success", job.steps.map(({ log }) => log).join("\n"));
    assert.equal(github.comments.length, 1);
    assert.equal(github.comments[0]?.issue, 7, "the pull request of the run");
    assert.ok(job.steps.every(({ env }) => env.ICA_API_KEY === undefined));
    assert.deepEqual(github.faults, []);
  });

  it("does the same on GitLab, with the variables of its own environment only", async () => {
    const gitlab = await GitlabServer.start();
    try {
      const { GITLAB_TOKEN, ...predefined } = gitlab.environment(812);
      assert.ok(GITLAB_TOKEN !== undefined);
      const preview = { code: 0, log: "", artifacts: await mkdtemp(path.join(folder, "artifact-")), env: {} };
      await writeFile(path.join(preview.artifacts, "report.json"), JSON.stringify(reportOf()));
      await plant(preview.artifacts);
      const project = {
        ...{ clone: "", sha: "", predefined, machine: machine.env, home: machine.home, folder },
        scoped: { "bench-comment": { GITLAB_TOKEN }, "bench-preview": { ICA_API_KEY: "not for this job" } },
      };
      const job = await runGitlabJob("comment", project, { preview });
      assert.equal(job.code, 0, job.log);
      assert.equal(gitlab.notes.length, 1, job.log);
      assert.match(gitlab.notes[0]?.body ?? "", /^<!-- pulumi-ica:preview /);
      assert.equal(job.env.ICA_API_KEY, undefined);
      assert.deepEqual(gitlab.faults, []);
    } finally {
      await gitlab.close();
    }
  });

  it("does the same on any build server, by ci/comment.sh", async () => {
    const cwd = await mkdtemp(path.join(folder, "shell-"));
    await writeFile(path.join(cwd, "report.json"), JSON.stringify(reportOf()));
    await plant(cwd);
    const env = { ...machine.env, HOME: machine.home, GITHUB_API_URL: github.url, GITHUB_TOKEN: github.token };
    const script = `exec ${path.join(repository, "examples/pull-request/ci/comment.sh")} ${github.repo} 7`;
    const { code, log } = await runScript(script, { cwd, env, temp: folder, strict: false });
    assert.equal(code, 0, log);
    assert.equal(github.comments.length, 1, log);
    assert.equal(github.comments[0]?.issue, 7);
  });

  it("fails with a clear line for a file that is not a report", async () => {
    const job = await comment(`{"version":1,"stack":{"name":"dev"}}`);
    assert.equal(job.result, "failure");
    assert.match(job.steps.at(-1)?.log ?? "", /report\.json/);
    assert.equal(github.comments.length, 0);
  });

  it("names the permission when the token may not write", async () => {
    const job = await comment(JSON.stringify(reportOf()), false);
    assert.equal(job.result, "failure");
    assert.match(job.steps.at(-1)?.log ?? "", /pull-requests: write/);
  });
});
