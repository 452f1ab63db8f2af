import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Misuse } from "../../../cli/comment/problem";
import { readReport } from "../../../cli/comment/report-file";
import { GithubServer } from "../../support/servers/github/server";
import { Job, reportOf } from "./support";

describe("ica-bench comment refuses, before any call,", function () {
  this.timeout(30_000);
  let github: GithubServer;
  let job: Job;

  before(async () => {
    github = await GithubServer.start();
    job = await Job.start(github);
  });

  after(async () => {
    await job.end();
    await github.close();
    assert.deepEqual(github.seen, []);
  });

  const refused = (work: Promise<unknown>, words: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof Misuse, String(error));
      assert.match(error.message, words);
      return true;
    });
  const withEnvironment = (env: Record<string, string | undefined>, words: RegExp) =>
    refused(job.comment(reportOf(), {}, { env }), words);

  describe("a file that", () => {
    it("is not there", () => refused(readReport("no-such.json"), /no-such\.json: ENOENT/));
    it("is a device, and has no end", () => refused(readReport("/dev/zero"), /\/dev\/zero is a device/));

    for (const [name, content, words] of [
      [
        "is Markdown: only what the layout escapes itself is taken",
        "# Hello @team\n",
        /ica-bench preview --format json/,
      ],
      ["is of another version", '{"version": 2}', /version 2, and this ica-bench reads version 1/],
      ["is too large", " ".repeat(65 * 1024 * 1024), /more than 64 MiB/],
    ] as const) {
      it(name, async () => {
        const file = path.join(job.folder, "file.json");
        await writeFile(file, content);
        await refused(readReport(file), words);
      });
    }
  });

  it("a missing token", () => withEnvironment({ GITHUB_TOKEN: "" }, /GITHUB_TOKEN is not set/));

  it("a run without a pull request", async () => {
    const file = path.join(job.folder, "push.json");
    await writeFile(file, JSON.stringify({ ref: "refs/heads/main", after: "a".repeat(40) }));
    await withEnvironment({ GITHUB_EVENT_PATH: file }, /not one of a pull request.*--pr/);
  });

  it("an event that cannot be read", async () => {
    await withEnvironment({ GITHUB_EVENT_PATH: "/no/such" }, /GITHUB_EVENT_PATH cannot be read: ENOENT/);
    const file = path.join(job.folder, "half.json");
    await writeFile(file, '{"pull_request":');
    await withEnvironment({ GITHUB_EVENT_PATH: file }, /GITHUB_EVENT_PATH cannot be read: Unexpected end/);
  });

  it("a repository whose name leads elsewhere", async () => {
    for (const name of ["../etc", "team/..", "team/stacks/x", "team", "te am/x"]) {
      await withEnvironment({ GITHUB_REPOSITORY: name }, /owner\/name/);
    }
  });

  it("an API that is not on the web", () =>
    withEnvironment({ GITHUB_API_URL: "file:///etc" }, /GITHUB_API_URL must be a web address/));

  it("a machine that neither GitHub nor GitLab runs", () => withEnvironment({ GITHUB_ACTIONS: "" }, /--provider/));

  it("a GitLab without its settings", async () => {
    const gitlab = { GITHUB_ACTIONS: "", GITLAB_CI: "true" };
    await withEnvironment(gitlab, /GITLAB_TOKEN is not set/);
    const GITLAB_TOKEN = "glpat";
    await withEnvironment({ ...gitlab, GITLAB_TOKEN }, /CI_API_V4_URL must be/);
    const CI_API_V4_URL = "https://gitlab.invalid/api/v4";
    await withEnvironment({ ...gitlab, GITLAB_TOKEN, CI_API_V4_URL }, /--repo, or set CI_PROJECT_ID/);
    await withEnvironment(
      { ...gitlab, GITLAB_TOKEN, CI_API_V4_URL, CI_PROJECT_ID: "5" },
      /not one of a merge request.*--pr/,
    );
  });
});
