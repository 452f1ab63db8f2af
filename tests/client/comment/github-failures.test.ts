import assert from "node:assert/strict";
import { GithubServer, type Reply } from "../../support/servers/github/server";
import { Job, markerOf, reportOf } from "./support";

const list = /\/issues\/7\/comments$/;
const single = /\/issues\/comments\/\d+$/;

const refusal = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: { message, documentation_url: "https://docs.github.com/rest" },
});

describe("the comment on a pull request, when GitHub fails", function () {
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

  beforeEach(() => {
    github.reset();
    job.clock.sleeps.splice(0);
  });

  const writes = () => github.writes.join();

  describe("for a moment", () => {
    it("is read again after a 502", async () => {
      github.next("GET", list, refusal(502, "Bad gateway"), refusal(503, "No server is available"));
      assert.match(await job.comment(reportOf()), /^posted/);
    });

    it("is read again after a connection that breaks off", async () => {
      github.next("GET", list, "reset");
      assert.match(await job.comment(reportOf()), /^posted/);
    });

    it("is written again after a 502, and not twice when GitHub had made it after all", async () => {
      const off = github.on("POST", list, ({ body }) => {
        off();
        assert.ok(typeof body === "object" && body !== null && "body" in body);
        github.has(7, "github-actions[bot]", String(body.body));
        return refusal(502, "Bad gateway");
      });
      assert.match(await job.comment(reportOf()), /^up to date/);
      assert.equal(github.shown(7).length, 1);
      assert.equal(writes(), "POST");
    });

    it("looks again before it repeats an update: a newer run may have written in the meantime", async () => {
      const ours = github.has(7, "github-actions[bot]", `${markerOf({ number: 811 })}\nold`);
      const news = `${markerOf({ number: 813 })}\nnews`;
      const off = github.on("PATCH", single, () => {
        off();
        ours.body = news;
        return refusal(500, "Server Error");
      });
      assert.match(await job.comment(reportOf(), { number: 812 }), /^not updated/);
      assert.equal(ours.body, news);
    });
  });

  describe("for longer", () => {
    it("gives up reading after four tries", async () => {
      github.on("GET", list, () => refusal(503, "No server is available"));
      await assert.rejects(
        job.comment(reportOf()),
        /GitHub answered 503: No server is available.*Run this job again\./,
      );
      assert.equal(github.seen.filter(({ path }) => list.test(path)).length, 4);
    });

    it("gives up writing after five tries, each with a longer wait before it", async () => {
      github.on("POST", list, () => refusal(500, "Server Error"));
      await assert.rejects(job.comment(reportOf()), /GitHub answered 500: Server Error.*Run this job again\./);
      assert.equal(writes(), "POST,POST,POST,POST,POST");
      assert.deepEqual(job.clock.sleeps, [5, 10, 20, 40]);
    });

    it("says which host does not answer", async () => {
      const env = { GITHUB_API_URL: "http://127.0.0.1:9" };
      await assert.rejects(job.comment(reportOf(), {}, { env }), /ECONNREFUSED 127\.0\.0\.1:9/);
    });
  });

  describe("by its rate limit", () => {
    it("waits as long as the primary limit says, for a read", async () => {
      const reset = String(Math.floor(job.clock.now() / 1000) + 3);
      const limited = refusal(403, "API rate limit exceeded", {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
      });
      github.next("GET", list, limited);
      assert.match(await job.comment(reportOf()), /^posted/);
    });

    it("waits as long as the primary limit says, for a write", async () => {
      const reset = String(Math.floor(job.clock.now() / 1000) + 30);
      const limited = refusal(403, "API rate limit exceeded", {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
      });
      github.next("POST", list, limited);
      assert.match(await job.comment(reportOf()), /^posted/);
      const [wait = 0] = job.clock.sleeps;
      assert.ok(wait >= 30_000 && wait <= 31_000, `waited ${wait} ms`);
    });

    it("waits as long as Retry-After of the secondary limit says", async () => {
      github.next("POST", list, refusal(403, "You have exceeded a secondary rate limit", { "Retry-After": "17" }));
      assert.match(await job.comment(reportOf()), /^posted/);
      assert.equal(job.clock.sleeps[0], 17_000);
    });

    it("waits a minute when the secondary limit names no time", async () => {
      github.next("POST", list, refusal(403, "You have exceeded a secondary rate limit"));
      assert.match(await job.comment(reportOf()), /^posted/);
      assert.equal(job.clock.sleeps[0], 60_000);
    });

    it("does not wait for an hour", async () => {
      for (const method of ["GET", "POST"]) {
        github.reset();
        github.on(method, list, () => refusal(429, "Too many requests", { "Retry-After": "3600" }));
        await assert.rejects(
          job.comment(reportOf()),
          /429: Too many requests.*ends in 3600 s: run this job again then/,
        );
        assert.equal(github.seen.filter((seen) => seen.method === method && list.test(seen.path)).length, 1);
      }
    });
  });

  describe("for good", () => {
    const readOnly = () => {
      github.hasAccount("ghs_read", { login: "github-actions[bot]", type: "Bot", mayWrite: false });
      return { env: { GITHUB_TOKEN: "ghs_read" } };
    };

    it("says which permission the job lacks", async () => {
      await assert.rejects(
        job.comment(reportOf(), {}, readOnly()),
        /403: Resource not accessible by integration.*`permissions: pull-requests: write`.*forks and for Dependabot/,
      );
      assert.equal(writes(), "POST", "there is no second try");
    });

    it("says for a fork that no permission helps", async () => {
      await assert.rejects(
        job.comment(reportOf(), { fork: "mallory" }, readOnly()),
        /comes from a fork.*may only read/,
      );
    });

    it("says that the token is not valid", async () => {
      await assert.rejects(
        job.comment(reportOf(), {}, { env: { GITHUB_TOKEN: "ghp_wrong" } }),
        /401: Bad credentials.*GITHUB_TOKEN is not valid/,
      );
    });

    it("says what to check when there is no such pull request", async () => {
      github.on("GET", list, () => refusal(404, "Not Found"));
      await assert.rejects(
        job.comment(reportOf()),
        /pull request 7 of team\/stacks: GitHub answered 404.*--repo and --pr/,
      );
    });

    it("says what to do with a locked conversation", async () => {
      github.on("POST", list, () => refusal(403, "Unable to create comment because issue is locked."));
      await assert.rejects(job.comment(reportOf()), /issue is locked. Unlock the conversation/);
    });

    it("says what is wrong with the address of the API", async () => {
      github.on("POST", list, () => ({ status: 201, body: { hello: "world" } }));
      await assert.rejects(job.comment(reportOf()), /documented form.*GITHUB_API_URL/);
    });
  });
});
