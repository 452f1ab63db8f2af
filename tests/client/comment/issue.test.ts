import assert from "node:assert/strict";
import { CommentError, Misuse } from "../../../cli/comment/problem";
import { actionsEnvironment, pullRequestEvent, workflowRunEvent } from "../../support/servers/github/events";
import { GithubServer } from "../../support/servers/github/server";
import { bucket, Job, markerOf, reportOf, sha, unchanged } from "./support";

const bot = "github-actions[bot]";

describe("the issue about a stack, ica-bench comment --issue", function () {
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
  });
  beforeEach(() => github.reset());
  afterEach(() => assert.deepEqual(github.faults, [], "GitHub's own document allows every request"));

  const night = (number: number, report = reportOf()) =>
    // A schedule has no pull request.
    job.comment(report, { number }, { issue: true, env: { GITHUB_EVENT_NAME: "schedule", GITHUB_EVENT_PATH: "" } });
  const open = () => github.issues.filter(({ state }) => state === "open");

  it("opens once while there is something to change, and its text follows", async () => {
    assert.equal(await night(1), "posted https://github.com/team/stacks/issues/100");
    assert.equal(open()[0]?.title, "Drift of team/dev");
    const first = open()[0]?.body;
    assert.equal(
      await night(2, reportOf({ others: [bucket("data")] })),
      "updated https://github.com/team/stacks/issues/100",
    );
    assert.equal(github.issues.length, 1);
    assert.notEqual(open()[0]?.body, first);
    assert.match(open()[0]?.body ?? "", /data/);
  });

  it("closes when nothing is left to change, with a text that says so", async () => {
    await night(1);
    assert.equal(await night(2, unchanged()), "closed https://github.com/team/stacks/issues/100");
    assert.deepEqual(open(), []);
    assert.doesNotMatch(github.issues[0]?.body ?? "", /logs/, "the old news are gone");
    assert.equal(await night(3, unchanged()), "nothing posted: nothing changes, and there is no comment to update");
    assert.equal(github.issues.length, 1);
  });

  it("opens a new one after the old one was closed, by this command or by a person", async () => {
    await night(1);
    await night(2, unchanged());
    assert.match(await night(3), /^posted .*101$/);
  });

  it("is not written in a run for a fork, whose code made the report", async () => {
    const fork = { number: 1, sha: sha("a"), fork: "fork" };
    for (const [name, event] of [
      ["pull_request", pullRequestEvent(github, 7, fork)],
      ["workflow_run", workflowRunEvent(github, fork)],
    ] as const) {
      const env = await actionsEnvironment(github, job.folder, name, event, { number: 2 });
      const refused = job.comment(reportOf(), {}, { issue: true, env });
      await assert.rejects(refused, (error) => error instanceof Misuse && /a run for a fork/.test(error.message), name);
    }
    assert.deepEqual(github.issues, []);
  });

  it("leaves alone the issues of others, and pull requests that look like its own", async () => {
    const body = `${markerOf({ number: 9 })}\nmine`;
    github.issues.push({ number: 1, author: "mallory", title: "t", body, state: "open" });
    github.issues.push({ number: 2, author: bot, title: "t", body, state: "open", isPull: true });
    assert.match(await night(1), /^posted/);
    assert.deepEqual(
      github.issues.slice(0, 2).map((each) => each.body),
      [body, body],
    );
  });

  it("stays open for an older run that comes late with good news", async () => {
    await night(5);
    assert.match(await night(4, unchanged()), /^not updated: a later run wrote/);
    assert.equal(open().length, 1);
  });

  describe("when GitHub fails to close it", () => {
    const single = /^\/repos\/team\/stacks\/issues\/\d+$/;
    const failing = { status: 502, body: { message: "Bad gateway" } };
    const failsToClose = (times: number) => {
      const off = github.on("PATCH", single, ({ body }) => {
        if (typeof body !== "object" || body === null || !("state" in body) || times-- <= 0) return undefined;
        return failing;
      });
      return off;
    };

    it("is closed by another try", async () => {
      await night(1);
      failsToClose(2);
      assert.match(await night(2, unchanged()), /^closed/);
      assert.deepEqual(open(), []);
    });

    it("reports the failure after five tries", async () => {
      await night(1);
      failsToClose(99);
      await assert.rejects(
        night(2, unchanged()),
        (error) => error instanceof CommentError && /close the issue .*502: Bad gateway.*again/.test(error.message),
      );
    });
  });

  it("has a title that GitHub takes, however long the names are", async () => {
    await night(1, reportOf({ stack: { name: "s".repeat(300), project: "p".repeat(300) } }));
    assert.ok((open()[0]?.title.length ?? 0) <= 256);
    assert.match(open()[0]?.title ?? "", /^Drift of p+…$/);
  });

  it("names the permission that is missing", async () => {
    github.hasAccount(github.token, { login: bot, type: "Bot", mayWrite: false });
    try {
      await assert.rejects(night(1), /open an issue in team\/stacks: .*permissions: issues: write/);
    } finally {
      github.hasAccount(github.token, { login: bot, type: "Bot", mayWrite: true });
    }
  });

  it("is not offered on GitLab", async () => {
    const env = { GITHUB_ACTIONS: "", GITLAB_CI: "true" };
    await assert.rejects(
      job.comment(reportOf(), { number: 1, sha: sha("a") }, { issue: true, env }),
      /--issue is for GitHub/,
    );
  });
});
