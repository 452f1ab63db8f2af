import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { comment } from "../../../cli/comment/comment";
import { markerFor, markerIn, markerLine } from "../../../cli/comment/marker";
import { type PreviewReport, scopeOf } from "../../../cli/preview/report/report";
import { FakeClock } from "../../support/fake-clock";
import { GitlabServer } from "../../support/servers/gitlab/server";
import { bucket, longReport, reportOf, unchanged } from "./support";

const old = (number: number) => `${markerLine(markerFor(scopeOf(reportOf()), { number }))}\nold`;

describe("the comment on a merge request of GitLab", function () {
  this.timeout(30_000);
  const clock = new FakeClock();
  let gitlab: GitlabServer;
  let folder: string;

  before(async () => {
    gitlab = await GitlabServer.start();
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-comment-"));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await gitlab.close();
  });

  beforeEach(() => {
    gitlab.reset();
    clock.sleeps.splice(0);
  });

  afterEach(() => assert.deepEqual(gitlab.faults, []));

  const run = async (
    report: PreviewReport,
    pipeline: number,
    { env = {}, job = 1 }: { env?: Record<string, string>; job?: number } = {},
  ): Promise<string> => {
    const file = path.join(folder, "report.json");
    await writeFile(file, JSON.stringify(report));
    const environment = { ...gitlab.environment(pipeline, job), ...env };
    return comment({ file, dryRun: false, issue: false }, environment, { clock, settleMs: 1000, secondMs: 5 });
  };
  const only = (): string => {
    assert.equal(gitlab.notes.length, 1);
    return gitlab.notes[0]?.body ?? "";
  };
  const writes = () => gitlab.calls.filter((call) => !call.startsWith("GET")).map((call) => call.split(" ")[0]);

  it("is posted once and updated in place", async () => {
    assert.equal(await run(reportOf(), 812), "posted https://gitlab.com/team/stacks/-/merge_requests/5#note_301");
    const first = only();
    assert.match(await run(reportOf({ others: [bucket("data")] }), 813), /^updated .*#note_301$/);
    assert.notEqual(only(), first);
    assert.deepEqual(writes(), ["POST", "PUT"]);
  });

  it("is found behind many others, on a later page", async () => {
    for (let i = 0; i < 130; i++) gitlab.has(1, `note ${i}`);
    const ours = gitlab.has(gitlab.user, old(811));
    assert.match(await run(reportOf(), 812), /^updated/);
    assert.equal(ours.edits, 1);
    assert.equal(gitlab.notes.length, 131);
  });

  it("is not found in a note of another user, or of GitLab itself", async () => {
    const [forged, system] = [gitlab.has(1, old(999_999)), gitlab.has(gitlab.user, old(811), true)];
    assert.match(await run(reportOf(), 812), /^posted/);
    assert.deepEqual([forged.edits, system.edits, gitlab.notes.length], [0, 0, 3]);
  });

  it("is left alone by an older pipeline, and by an older job of the same pipeline", async () => {
    await run(reportOf(), 813, { job: 20 });
    const news = only();
    assert.match(await run(unchanged(), 812, { job: 30 }), /^not updated/);
    assert.match(await run(unchanged(), 813, { job: 19 }), /^not updated/);
    assert.equal(only(), news);
    assert.match(await run(unchanged(), 813, { job: 21 }), /^updated/);
  });

  it("posts nothing without a change, and does not write the same text again", async () => {
    assert.match(await run(unchanged(), 812), /^nothing posted/);
    await run(reportOf(), 812);
    assert.match(await run(reportOf(), 812), /^up to date/);
    assert.deepEqual(writes(), ["POST"]);
  });

  it("is created again when a user deletes it before the update", async () => {
    gitlab.has(gitlab.user, old(811));
    gitlab.rule = (method) => {
      if (method === "PUT") gitlab.notes.splice(0);
      return undefined;
    };
    assert.match(await run(reportOf(), 812), /^posted/);
    assert.equal(markerIn(only())?.run, 812);
  });

  it("replaces duplicates: the oldest stays", async () => {
    for (const number of [811, 809]) gitlab.has(gitlab.user, old(number));
    await run(reportOf(), 812);
    assert.equal(markerIn(only())?.run, 812);
    assert.equal(gitlab.notes[0]?.id, 301);
  });

  it("has room for more than GitHub, and gets shorter when GitLab refuses its length", async () => {
    await run(longReport(), 812);
    assert.ok(only().length > 65_536, `${only().length} characters`);
    gitlab.longest = 20_000;
    assert.match(await run(longReport(), 813), /^updated/);
    assert.ok(only().length <= 10_000);
  });

  it("leaves one when two pipelines run at once", async () => {
    let looking = 0;
    let go: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      go = resolve;
    });
    gitlab.rule = async (method, path) => {
      if (method === "GET" && path.endsWith("/notes") && ++looking <= 2) {
        if (looking === 2) go();
        await both;
      }
      return undefined;
    };
    const file = path.join(folder, "both.json");
    await writeFile(file, JSON.stringify(reportOf()));
    const patience = { clock, settleMs: 1000, secondMs: 5 };
    await Promise.all(
      [812, 813].map((number) => comment({ file, dryRun: false, issue: false }, gitlab.environment(number), patience)),
    );
    assert.equal(writes().filter((method) => method === "POST").length, 2, "both found no comment, and posted one");
    assert.equal(markerIn(only())?.run, 813);
  });

  describe("when GitLab fails", () => {
    it("is read again after a 503, and written again after a 502 and after Retry-After", async () => {
      const failures = new Map([
        ["GET /user", [{ status: 503, body: {} }]],
        [
          "POST /projects/42/merge_requests/5/notes",
          [
            { status: 502, body: {} },
            { status: 429, headers: { "Retry-After": "9" }, body: {} },
          ],
        ],
      ]);
      gitlab.rule = (method, path) => failures.get(`${method} ${path}`)?.shift();
      assert.match(await run(reportOf(), 812), /^posted/);
      assert.ok(clock.sleeps.includes(9000), clock.sleeps.join());
      only();
    });

    it("gives up, and says what GitLab said and what to do", async () => {
      gitlab.rule = (method) => (method === "POST" ? { status: 500, body: { message: "500 Internal" } } : undefined);
      await assert.rejects(run(reportOf(), 812), /merge request 5 of 42: GitLab answered 500: 500 Internal/);
      gitlab.rule = (method) => (method === "POST" ? { status: 403, body: { message: "403 Forbidden" } } : undefined);
      await assert.rejects(run(reportOf(), 812), /403 Forbidden\. GITLAB_TOKEN must be a project access token/);
      gitlab.rule = () => undefined;
      await assert.rejects(run(reportOf(), 812, { env: { GITLAB_TOKEN: "wrong" } }), /401 Unauthorized\. GITLAB_TOKEN/);
      await assert.rejects(run(reportOf(), 812, { env: { CI_PROJECT_ID: "43" } }), /404.*--repo and --pr/);
      await assert.rejects(
        run(reportOf(), 812, { env: { CI_API_V4_URL: "http://127.0.0.1:9" } }),
        /GitLab at 127\.0\.0\.1:9 does not answer: .*ECONNREFUSED/,
      );
    });
  });
});
