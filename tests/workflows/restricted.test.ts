import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pullRequestEvent } from "../support/servers/github/events";
import { GithubServer } from "../support/servers/github/server";
import { ExampleRepository } from "./example-repository";
import { type Machine, startMachine } from "./machine/machine";
import { runGitlabJob } from "./runner/gitlab";
import type { Host, JobRecord } from "./runner/host";
import { runWorkflow } from "./runner/run";

const secrets = { ICA_API_KEY: "no job may see this" };

describe("a pull request without secrets", function () {
  this.timeout(120_000);
  let folder: string;
  let github: GithubServer;
  let machine: Machine;
  let example: ExampleRepository;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-restricted-"));
    github = await GithubServer.start();
    machine = await startMachine(folder, {});
    example = await ExampleRepository.in(folder, {
      ...{ PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_HOME: path.join(folder, "pulumi") },
      ...{ PULUMI_CONFIG_PASSPHRASE: "a", PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
  });
  after(async () => {
    await machine?.close();
    await github?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function push(branch: string, { fork, author = "ada" }: { fork?: string; author?: string }) {
    const head = await example.change(branch, "image/Dockerfile", "USER ica", "USER root");
    const host: Host = {
      ...{ repository: github.repo, clone: example.clone, vars: {}, secrets, apiUrl: github.url },
      ...{ machine: machine.env, home: machine.home, caches: new Map() },
      issueToken(permissions) {
        assert.ok(!Object.values(permissions).includes("write"), "GitHub gives no right to write");
        return "ghs_read";
      },
    };
    const event = pullRequestEvent(github, 9, { number: 1, sha: head, ...(fork === undefined ? {} : { fork }) });
    const payload: Record<string, unknown> = JSON.parse(JSON.stringify(event));
    return runWorkflow(
      "pull-request",
      host,
      {
        ...{ event: "pull_request", ref: "refs/pull/9/merge", restricted: true, runId: 1, attempt: 1 },
        payload: { ...payload, pull_request: { ...Object(payload.pull_request), user: { login: author } } },
        sha: await example.merged(9, branch),
      },
      folder,
    );
  }

  function assertOnlyLinted(jobs: Record<string, JobRecord>): void {
    assert.equal(jobs.preview?.result, "skipped");
    assert.equal(jobs.comment?.result, "skipped");
    const { lint } = jobs;
    const log = lint?.steps.map((step) => step.log).join("\n");
    assert.match(lint?.summary ?? "", /^### Bench's rules for the image\n\n {4}\S.*\n/, log);
    for (const line of (lint?.summary ?? "").split("\n").slice(2))
      assert.match(line, /^( {4}|$)/, "every line is a code block");
    for (const { env } of lint?.steps ?? [])
      assert.ok(!Object.values(env).includes(secrets.ICA_API_KEY) && !("GITHUB_TOKEN" in env));
    assert.deepEqual(github.seen, [], "not one call to GitHub");
  }

  it("of a fork is linted: no comment, no secret, a job summary", async () => {
    const jobs = await push("fork", { fork: "mallory" });
    assertOnlyLinted(jobs);
    assert.match(jobs.lint?.steps.at(-1)?.log ?? "", /^::(error|warning) /m, "and its lines are annotated");
  });

  it("of Dependabot is linted, although its branch is in the repository", async () => {
    assertOnlyLinted(await push("dependabot", { author: "dependabot[bot]" }));
  });

  it("of a fork on GitLab is linted by the fork's own pipeline", async () => {
    const sha = await example.change("gitlab", "README.md", "#", "##");
    const project = {
      ...{ clone: example.clone, sha, scoped: {}, predefined: {}, machine: machine.env, home: machine.home, folder },
    };
    const job = await runGitlabJob("lint", project);
    assert.equal(job.code, 0, job.log);
    assert.match(job.log, /No findings/);
  });
});
