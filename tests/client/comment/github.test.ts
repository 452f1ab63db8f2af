import assert from "node:assert/strict";
import { markerIn } from "../../../cli/comment/marker";
import { GithubServer } from "../../support/servers/github/server";
import { bucket, Job, longReport, markerOf, reportOf, sha, unchanged } from "./support";

const bot = "github-actions[bot]";

describe("the comment on a pull request of GitHub", function () {
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

  afterEach(() => {
    assert.deepEqual(github.faults, [], "GitHub's own document allows every request");
  });

  const only = (): string => {
    const shown = github.shown(7);
    assert.equal(shown.length, 1, `one comment shows, and there are ${shown.length}`);
    return shown[0] ?? "";
  };

  describe("is found again", () => {
    it("by its hidden first line: a second run updates it in place", async () => {
      assert.match(await job.comment(reportOf(), { number: 812 }), /^posted https:\S+\/pull\/7#issuecomment-1001$/);
      const first = only();
      assert.match(first, /^<!-- pulumi-ica:preview \{.*\} -->\n/);
      const again = await job.comment(reportOf({ others: [bucket("data")] }), { number: 813, sha: sha("b") });
      assert.match(again, /^updated https:\S+#issuecomment-1001$/);
      assert.notEqual(only(), first);
      assert.deepEqual(github.writes, ["POST", "PATCH"]);
    });

    it("behind many others, on a later page", async () => {
      for (let i = 0; i < 120; i++) github.has(7, "ann", `comment ${i}`);
      const ours = github.has(7, bot, `${markerOf({ number: 811 })}\nold`);
      for (let i = 0; i < 120; i++) github.has(7, bot, `comment of another workflow ${i}`);
      assert.match(await job.comment(reportOf()), /^updated/);
      assert.notEqual(ours.body, `${markerOf({ number: 811 })}\nold`, "the comment on page 2 is the one that changes");
      assert.equal(github.comments.length, 241);
    });

    it("but not when another user wrote it, who could suppress updates with a high run number", async () => {
      const forged = github.has(7, "mallory", `${markerOf({ number: 999_999 })}\nNothing changes.`);
      assert.match(await job.comment(reportOf()), /^posted/);
      assert.equal(forged.body, `${markerOf({ number: 999_999 })}\nNothing changes.`);
    });

    it("but not when it is about another stack", async () => {
      const other = github.has(7, bot, `${markerOf({ number: 811 }, "prod")}\nprod`);
      await job.comment(reportOf());
      assert.deepEqual(github.shown(7).length, 2);
      assert.equal(other.edits, 0);
    });

    it("but not when the line is further down, as in a quotation", async () => {
      const quoting = github.has(7, bot, `Look:\n${markerOf({ number: 811 })}\n`);
      await job.comment(reportOf());
      assert.equal(quoting.edits, 0);
      assert.equal(github.shown(7).length, 2);
    });

    it("on this pull request only", async () => {
      const elsewhere = github.has(8, bot, `${markerOf({ number: 811 })}\nold`);
      await job.comment(reportOf());
      assert.equal(elsewhere.edits, 0);
      only();
    });
  });

  describe("belongs to the token's own user", () => {
    it("which GraphQL knows, also for the token of a person", async () => {
      github.hasAccount("ghp_ann", { login: "Ann", type: "User", mayWrite: true });
      const ours = github.has(7, "ann", `${markerOf({ number: 811 })}\nold`);
      await job.comment(reportOf(), {}, { env: { GITHUB_TOKEN: "ghp_ann" } });
      assert.equal(ours.edits, 1);
      assert.equal(github.seen.filter(({ path }) => path === "/user").length, 0);
    });

    it("which GET /user knows when there is no GraphQL", async () => {
      github.hasAccount("ghp_ann", { login: "ann", type: "User", mayWrite: true });
      github.on("POST", /^\/graphql$/, () => ({ status: 404, body: { message: "Not Found" } }));
      const ours = github.has(7, "ann", `${markerOf({ number: 811 })}\nold`);
      await job.comment(reportOf(), {}, { env: { GITHUB_TOKEN: "ghp_ann" } });
      assert.equal(ours.edits, 1);
    });

    it("which is github-actions[bot] when neither knows", async () => {
      github.on("POST", /^\/graphql$/, () => ({
        status: 403,
        body: { message: "Resource not accessible by integration" },
      }));
      const ours = github.has(7, bot, `${markerOf({ number: 811 })}\nold`);
      await job.comment(reportOf());
      assert.equal(ours.edits, 1);
    });
  });

  describe("says what the latest run says", () => {
    it("although an older run ends later", async () => {
      await job.comment(reportOf({ others: [bucket("new")] }), { number: 813 });
      const news = only();
      assert.match(
        await job.comment(reportOf({ others: [bucket("old")] }), { number: 812 }),
        /^not updated: a later run/,
      );
      assert.equal(only(), news);
    });

    it("although an older attempt of the same run ends later", async () => {
      await job.comment(reportOf(), { number: 812, attempt: 2 });
      const news = only();
      assert.match(await job.comment(reportOf({ others: [] }), { number: 812, attempt: 1 }), /^not updated/);
      assert.equal(only(), news);
    });

    it("also when its text is that of a comment before it: a run in between must not come back", async () => {
      await job.comment(reportOf(), { number: 811 });
      await job.comment(reportOf(), { number: 813 });
      assert.match(await job.comment(reportOf({ others: [bucket("old")] }), { number: 812 }), /^not updated/);
    });

    it("although the workflow has got another name, and counts its runs from 1 again", async () => {
      await job.comment(reportOf(), { number: 812 });
      const GITHUB_WORKFLOW_REF = "team/stacks/.github/workflows/renamed.yml@refs/heads/main";
      assert.match(await job.comment(reportOf(), { number: 1 }, { env: { GITHUB_WORKFLOW_REF } }), /^updated/);
    });

    it("even when the report names another run", async () => {
      await job.comment(reportOf({ run: { number: 999_999, attempt: 9, sha: sha("f") } }), { number: 812 });
      assert.equal(markerIn(only())?.run, 812);
      assert.equal(markerIn(only())?.sha, sha("a"));
      assert.match(await job.comment(reportOf({ others: [] }), { number: 813 }), /^updated/);
    });
  });

  describe("does not post when nothing is new", () => {
    it("when nothing changes and no comment is there", async () => {
      assert.match(await job.comment(unchanged()), /^nothing posted: nothing changes/);
      assert.deepEqual(github.writes, []);
    });

    it("when it would say the same again", async () => {
      await job.comment(reportOf());
      assert.match(await job.comment(reportOf()), /^up to date: https/);
      assert.deepEqual(github.writes, ["POST"]);
    });

    it("when GitHub gives its line ends another form", async () => {
      await job.comment(reportOf());
      for (const each of github.comments) each.body = `${each.body.trim().replaceAll("\n", "\r\n")}`;
      await job.comment(reportOf());
      assert.deepEqual(github.writes, ["POST"]);
    });
  });

  it("says after a revert that nothing changes, instead of keeping old news", async () => {
    await job.comment(reportOf(), { number: 812 });
    const news = only();
    assert.match(await job.comment(unchanged(), { number: 813, sha: sha("b") }), /^updated/);
    assert.notEqual(only(), news);
    assert.equal(markerIn(only())?.run, 813);
  });

  for (const said of [true, false]) {
    const where = said ? "as GitHub says" : "as only GraphQL says";
    it(`is created again when a user minimised it, ${where}`, async () => {
      github.saysMinimized = said;
      await job.comment(reportOf(), { number: 812 });
      const [old] = github.comments;
      assert.ok(old !== undefined);
      old.minimized = "outdated";
      assert.match(await job.comment(reportOf({ others: [bucket("data")] }), { number: 813 }), /^posted/);
      only();
      assert.equal(old.edits, 0, "the one that is minimised keeps what that person saw");
      assert.match(await job.comment(reportOf({ others: [bucket("more")] }), { number: 814 }), /^updated/);
      only();
    });
  }

  it("is not created again by an older run when a user minimised it", async () => {
    const old = github.has(7, bot, `${markerOf({ number: 813 })}\nnews`);
    old.minimized = "resolved";
    assert.match(await job.comment(reportOf(), { number: 812 }), /^not updated/);
    assert.deepEqual(github.shown(7), []);
  });

  it("is created again when a user deletes it between the read and the update", async () => {
    github.has(7, bot, `${markerOf({ number: 811 })}\nold`);
    const off = github.on("PATCH", /comments\/1001$/, () => {
      off();
      github.comments.splice(0);
      return undefined;
    });
    assert.match(await job.comment(reportOf()), /^posted/);
    assert.equal(markerIn(only())?.run, 812);
  });

  it("is not created again when a user deletes it and nothing changes", async () => {
    github.has(7, bot, `${markerOf({ number: 811 })}\nold`);
    const off = github.on("PATCH", /comments\/1001$/, () => {
      off();
      github.comments.splice(0);
      return undefined;
    });
    assert.match(await job.comment(unchanged()), /^nothing posted/);
    assert.deepEqual(github.comments, []);
  });

  describe("fits", () => {
    it("at once, as long as GitHub takes what it documents", async () => {
      await job.comment(longReport());
      assert.ok(Buffer.byteLength(only()) <= 65_000);
      assert.deepEqual(github.writes, ["POST"]);
    });

    it("in a shorter form when GitHub refuses its length", async () => {
      github.longest = 20_000;
      assert.match(await job.comment(longReport()), /^posted/);
      assert.ok(only().length <= 10_000, `${only().length} characters`);
      github.longest = 5_000;
      assert.match(await job.comment(longReport(), { number: 813 }), /^updated/);
      assert.ok(only().length <= 3_000, `${only().length} characters`);
      assert.match(
        await job.comment(longReport(), { number: 813 }),
        /^up to date/,
        "the shorter form counts as the same",
      );
    });

    it("not at all when even the shortest form is too long: the error has GitHub's message", async () => {
      github.longest = 10;
      await assert.rejects(job.comment(longReport()), /GitHub answered 422: Validation Failed: .*body is too long/);
      assert.deepEqual(github.comments, []);
    });
  });

  it("replaces duplicates that an earlier run left: the oldest stays", async () => {
    for (const number of [811, 809, 810]) github.has(7, bot, `${markerOf({ number })}\nold ${number}`);
    await job.comment(reportOf());
    assert.equal(markerIn(only())?.run, 812);
    assert.equal(github.comments[0]?.id, 1001);
  });
});
