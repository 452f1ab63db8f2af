import assert from "node:assert/strict";
import { markerIn } from "../../../cli/comment/marker";
import { actionsEnvironment, type RunOf, workflowRunEvent } from "../../support/servers/github/events";
import { GithubServer } from "../../support/servers/github/server";
import { Job, reportOf, sha } from "./support";

/** For forks: one workflow previews without secrets, and another one, which starts when it has ended, comments. */
describe("the comment by a workflow that starts after the one that previews", function () {
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
  afterEach(() => assert.deepEqual(github.faults, []));

  const opened = (number: number, letter: string, owner = "fork", state: "open" | "closed" = "open") => {
    github.pulls.push({ number, state, head: { sha: sha(letter), ref: "topic", owner }, base: "main" });
  };
  const commentAfter = async (run: RunOf, pr?: number): Promise<string> => {
    const event = workflowRunEvent(github, run);
    // This workflow counts its own runs, in the order in which the others end.
    const env = await actionsEnvironment(github, job.folder, "workflow_run", event, { number: 1000 - run.number });
    return job.comment(reportOf(), {}, { env, ...(pr === undefined ? {} : { pr }) });
  };

  it("goes to the pull request whose head was previewed: GitHub knows it, the event does not", async () => {
    opened(6, "b");
    opened(7, "a");
    opened(9, "a", "another");
    assert.match(await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }), /^posted https:\S+\/pull\/7#/);
    assert.equal(markerIn(github.shown(7)[0] ?? "")?.sha, sha("a"));
  });

  it("counts the runs that preview, not its own", async () => {
    opened(7, "a");
    await commentAfter({ number: 813, sha: sha("a"), fork: "fork" });
    assert.match(await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }), /^not updated/);
    assert.match(await commentAfter({ number: 813, attempt: 2, sha: sha("a"), fork: "fork" }), /^updated/);
  });

  it("is not made when the pull request has another head by now", async () => {
    opened(7, "b");
    assert.match(
      await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }),
      /no open pull request has the head aaaaaaa/,
    );
    assert.deepEqual(github.comments, []);
  });

  it("is not made when the pull request is closed by now", async () => {
    opened(7, "a", "fork", "closed");
    assert.match(await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }), /no open pull request/);
    assert.deepEqual(github.comments, []);
  });

  it("does not go to a pull request that only the fork's artifact names", async () => {
    opened(6, "b", "team");
    opened(7, "a");
    assert.match(
      await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }, 6),
      /no open pull request 6 has the head aaa/,
    );
    assert.deepEqual(github.comments, []);
    assert.match(await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }, 7), /^posted/);
  });

  it("does not go to a pull request of another fork with the same commit", async () => {
    opened(6, "a", "another");
    assert.match(await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }, 6), /no open pull request 6/);
    assert.deepEqual(github.comments, []);
  });

  it("asks which one is meant when a commit is the head of two", async () => {
    opened(7, "a");
    opened(8, "a");
    await assert.rejects(
      commentAfter({ number: 812, sha: sha("a"), fork: "fork" }),
      /several pull requests \(7, 8\).*--pr/,
    );
    assert.match(await commentAfter({ number: 812, sha: sha("a"), fork: "fork" }, 8), /^posted https:\S+\/pull\/8#/);
  });
});
