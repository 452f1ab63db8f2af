import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { markerIn } from "../../cli/comment/marker";
import { bucket, Job, markerOf, reportOf, unchanged } from "../client/comment/support";
import type { RunOf } from "../support/servers/github/events";
import { GithubServer } from "../support/servers/github/server";
import { icaBench, type Outcome } from "./process";

const list = /\/issues\/7\/comments$/;

describe("ica-bench comment", function () {
  this.timeout(120_000);
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

  const run = async (
    report: Parameters<Job["write"]>[0],
    which: Partial<RunOf> = {},
    { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
  ): Promise<Outcome> => {
    const environment = { ...(await job.environment(which)), ...env };
    return icaBench(["comment", "--file", await job.write(report), ...args], { env: environment });
  };

  it("posts a comment, updates it, and says where it is", async () => {
    const first = await run(reportOf(), { number: 812 });
    assert.deepEqual([first.code, first.stderr], [0, ""]);
    assert.equal(first.stdout, "posted https://github.com/team/stacks/pull/7#issuecomment-1001\n");
    const second = await run(unchanged(), { number: 813 });
    assert.equal(second.stdout, "updated https://github.com/team/stacks/pull/7#issuecomment-1001\n");
    assert.equal(github.shown(7).length, 1);
    assert.match(github.seen[0]?.headers["user-agent"] ?? "", /^pulumi-ica\/\d+\.\d+\.\d+/);
  });

  for (const [first, second] of [
    [812, 813],
    [813, 812],
  ] as const) {
    it(`leaves one comment, that of run 813, when two run at once and run ${first} posts first`, async () => {
      let [looking, posted] = [0, 0];
      const both = waitFor(() => looking === 2);
      const firstPosted = waitFor(() => posted === 1);
      github.on("GET", list, async () => {
        looking++;
        both.check();
        await both.promise;
        return undefined;
      });
      github.on("POST", list, async ({ body }) => {
        const text = typeof body === "object" && body !== null && "body" in body ? String(body.body) : "";
        if (markerIn(text)?.run === second) await firstPosted.promise;
        else
          setImmediate(() => {
            posted++;
            firstPosted.check();
          });
        return undefined;
      });
      const ended = await Promise.all([
        run(reportOf({ others: [bucket("old")] }), { number: 812 }),
        run(reportOf({ others: [bucket("new")] }), { number: 813 }),
      ]);
      assert.deepEqual(
        ended.map(({ code, stderr }) => [code, stderr]),
        [
          [0, ""],
          [0, ""],
        ],
      );
      assert.equal(
        github.writes.filter((method) => method === "POST").length,
        2,
        "both found no comment, and posted one",
      );
      assert.deepEqual(
        github.comments.map(({ id }) => id),
        [1001],
      );
      assert.equal(markerIn(github.shown(7)[0] ?? "")?.run, 813);
    });
  }

  it("prints with --dry-run what it would post, and writes nothing", async () => {
    const { code, stdout, stderr } = await run(reportOf(), {}, { args: ["--dry-run"] });
    assert.equal(code, 0);
    assert.match(stdout, /^<!-- pulumi-ica:preview \{.*"run":812,.*\} -->\n### Preview/);
    assert.equal(stderr, "dry run: would post a new comment\n");
    github.has(7, "github-actions[bot]", `${markerOf({ number: 811 })}\nold`);
    assert.match(
      (await run(reportOf(), {}, { args: ["--dry-run"] })).stderr,
      /^dry run: would update https:\S+-1001\n$/,
    );
    assert.deepEqual(github.writes, []);
    const blind = await run(reportOf(), {}, { args: ["--dry-run"], env: { GITHUB_TOKEN: "" } });
    assert.match(blind.stderr, /no token is set/);
    assert.match(blind.stdout, /### Preview/);
  });

  it("comments on the pull request that --repo and --pr name, outside of a pull request's run", async () => {
    const env = { GITHUB_EVENT_PATH: "", GITHUB_REPOSITORY: "" };
    const args = ["--provider", "github", "--repo", "team/stacks", "--pr", "8"];
    const { code, stdout } = await run(reportOf(), {}, { args, env });
    assert.deepEqual([code, github.shown(8).length], [0, 1], stdout);
  });

  describe("ends with 1 when the comment is not up to date", () => {
    it("and says why, without the token, even when GitHub repeats it", async () => {
      github.on("POST", list, ({ headers }) => ({
        status: 403,
        body: { message: `No ${headers.authorization}\u001b[2J` },
      }));
      const { code, stdout, stderr } = await run(reportOf());
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^ica-bench comment: Cannot comment on pull request 7 .*403: No token \*\*\*\\x1b\[2J\.\n$/);
      assert.ok(!stderr.includes(github.token));
    });
  });

  it("ends with 2, and makes no call, when the file or an option is wrong", async () => {
    const markdown = path.join(job.folder, "comment.md");
    await writeFile(markdown, "# Hello @team\n");
    const env = await job.environment();
    for (const [args, words] of [
      [["--file", markdown], /^ica-bench comment: \S+comment\.md: .*ica-bench preview --format json/],
      [["--file", markdown, "--token", "x"], /unknown option '--token/],
      [["--pr", "7"], /required option '--file/],
    ] as const) {
      const { code, stdout, stderr } = await icaBench(["comment", ...args], { env });
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, words);
    }
    assert.deepEqual(github.seen, []);
  });
});

/** A promise that a condition fulfils. */
function waitFor(isSo: () => boolean): { promise: Promise<void>; check: () => void } {
  let fulfil: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    fulfil = resolve;
  });
  return {
    promise,
    check: () => {
      if (isSo()) fulfil();
    },
  };
}
