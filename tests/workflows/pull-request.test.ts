import assert from "node:assert/strict";
import { parseReport } from "../../cli/preview/report/report";
import { HostedExample } from "./hosted-example";
import type { JobRecord } from "./runner/host";

const genome = (release: string) => `ENV REFERENCE_GENOME=GRCh38.${release}`;

/** The log of a job's last step, for the message of a failed test. */
function lastLog(job: JobRecord | undefined): string {
  return job === undefined
    ? "the job is missing"
    : `${job.steps.at(-1)?.name}\n${job.steps.at(-1)?.log}\n${job.summary}`;
}

function resultsOf(jobs: Record<string, JobRecord>): Record<string, string> {
  return Object.fromEntries(Object.entries(jobs).map(([id, { result }]) => [id, result]));
}

/** In the order of a real history: each test continues after the previous one. */
describe("the workflows of examples/pull-request", function () {
  this.timeout(300_000);
  let hosted: HostedExample;
  const secrets = () => Object.values(hosted.host.secrets);
  /** The variables of all steps of a job that hold a secret of the repository. */
  const secretsIn = (job: JobRecord | undefined) =>
    (job?.steps ?? []).flatMap(({ env }) => Object.entries(env).filter(([, value]) => secrets().includes(value)));

  before(async () => {
    hosted = await HostedExample.start();
  });
  after(() => hosted?.close());
  afterEach(() => assert.deepEqual(hosted?.github.faults, [], "GitHub's own document allows every request"));

  it("apply a merge, and keep the compressed layers for the next one", async () => {
    const { up } = await hosted.merge();
    assert.equal(up?.result, "success", lastLog(up));
    assert.match(lastLog(up), /\+ 4 created/);
    assert.equal(hosted.host.caches.size, 1);
    assert.match([...hosted.host.caches.keys()][0] ?? "", /^bench-layers-Linux-[0-9a-f]{64}$/);
  });

  it("comment nothing on a pull request that changes nothing", async () => {
    const head = await hosted.repository.change("docs", "README.md", "#", "##");
    const jobs = await hosted.push({ number: 6, branch: "docs", head });
    assert.deepEqual(
      resultsOf(jobs),
      { preview: "success", comment: "success", lint: "skipped" },
      lastLog(jobs.preview),
    );
    assert.equal(jobs.preview?.outputs.report?.endsWith("/report.json"), true);
    assert.deepEqual(hosted.comments(6), []);
  });

  it("comment on a changed line of a Dockerfile with exactly that reason", async () => {
    const head = await hosted.repository.change("genome", "image/Dockerfile", genome("p13"), genome("p14"));
    const jobs = await hosted.push({ number: 7, branch: "genome", head });
    assert.deepEqual(
      resultsOf(jobs),
      { preview: "success", comment: "success", lint: "skipped" },
      lastLog(jobs.comment),
    );
    const comments = hosted.comments(7);
    assert.equal(comments.length, 1, lastLog(jobs.comment));
    const { author, body } = comments[0] ?? { author: "", body: "" };
    if (process.env.SHOW_COMMENT) process.stderr.write(`${body}\n`);
    assert.equal(author, "github-actions[bot]");
    assert.match(body, /^<!-- pulumi-ica:preview /);
    assert.match(body, /is rebuilt\*\*, because\n- `Dockerfile` changed\n\n/);
    assert.match(body, /\*\*`genomics` (?:may be|is) restarted: people who work in it are disconnected\.\*\*/);
    assert.ok(body.includes(head.slice(0, 7)), "it names the commit that people know");
    assert.match(jobs.preview?.summary ?? "", /`Dockerfile` changed/, "the job summary has it, too");
  });

  it("give the secrets to the preview only, and the right to write to the comment only", async () => {
    const head = await hosted.repository.change("genome", "README.md", "#", "##");
    const { preview, comment } = await hosted.push({ number: 7, branch: "genome", head });
    assert.deepEqual(
      [...new Set(secretsIn(preview).map(([name]) => name))].sort(),
      ["ICA_API_KEY", "PULUMI_CONFIG_PASSPHRASE"],
      "the test would see a secret",
    );
    assert.deepEqual(secretsIn(comment), []);
    const tokens = (job: JobRecord | undefined) => job?.steps.filter(({ env }) => "GITHUB_TOKEN" in env).length;
    assert.equal(tokens(preview), 0, "the code of the pull request gets no token");
    assert.equal(tokens(comment), 1, "npm gets no token either");
    for (const { log } of [...(preview?.steps ?? []), ...(comment?.steps ?? [])])
      for (const secret of secrets()) assert.ok(!log.includes(secret), "no log has a secret");
  });

  it("update the comment after a second push, and after a revert say that nothing changes", async () => {
    const [first] = hosted.comments(7);
    const before = first?.body;
    const head = await hosted.repository.change("genome", "index.ts", "storageGb: 20", "storageGb: 40");
    await hosted.push({ number: 7, branch: "genome", head });
    assert.equal(hosted.comments(7).length, 1, "still one comment");
    assert.equal(hosted.comments(7)[0]?.id, first?.id);
    assert.notEqual(hosted.comments(7)[0]?.body, before);
    assert.match(hosted.comments(7)[0]?.body ?? "", /storageGb/);

    await hosted.repository.change("genome", "index.ts", "storageGb: 40", "storageGb: 20");
    const reverted = await hosted.repository.change("genome", "image/Dockerfile", genome("p14"), genome("p13"));
    await hosted.push({ number: 7, branch: "genome", head: reverted });
    assert.equal(hosted.comments(7).length, 1);
    assert.doesNotMatch(hosted.comments(7)[0]?.body ?? "", /storageGb|Dockerfile/);
  });

  it("report a program that fails, and fail the preview job", async () => {
    const head = await hosted.repository.change(
      "broken",
      "index.ts",
      "const shared",
      'throw new Error("no such team");\nconst shared',
    );
    const jobs = await hosted.push({ number: 8, branch: "broken", head });
    assert.deepEqual(
      resultsOf(jobs),
      { preview: "failure", comment: "success", lint: "skipped" },
      lastLog(jobs.comment),
    );
    assert.match(hosted.comments(8)[0]?.body ?? "", /no such team/);
  });

  it("do the same on GitLab and on any build server up to the report, with the exit code of a success", async () => {
    const head = await hosted.repository.change("recipes", "image/Dockerfile", genome("p13"), genome("p15"));
    for (const report of [await hosted.gitlabPreview(head), await hosted.shellPreview(head)]) {
      const { outcome, images } = parseReport(report);
      assert.equal(outcome, "dangers");
      assert.deepEqual(
        images.map(({ reasons }) => reasons.map(({ kind }) => kind)),
        [["dockerfile"]],
      );
    }
  });

  it("open an issue for a manual change, and close it when that is gone", async () => {
    const quiet = await hosted.night();
    assert.deepEqual(resultsOf(quiet), { preview: "success", issue: "success" }, lastLog(quiet.preview));
    assert.equal(hosted.github.issues.length, 0);

    await hosted.changeByHand("proteomics", { resourceModel: "standard-large" });
    const drifted = await hosted.night();
    assert.equal(drifted.issue?.result, "success", lastLog(drifted.issue));
    const [issue] = hosted.github.issues;
    assert.equal(issue?.title, "Drift of bench-pull-request/dev", lastLog(drifted.issue));
    assert.match(issue?.body ?? "", /proteomics[\s\S]*standard-large/);
    assert.equal(issue?.state, "open");

    await hosted.changeByHand("proteomics", { resourceModel: "standard-medium" });
    const restored = await hosted.night();
    assert.equal(hosted.github.issues[0]?.state, "closed", lastLog(restored.issue));
    assert.equal(hosted.github.issues.length, 1);
  });

  it("merge a changed image: the comment came true, and the layers that did not change come from the cache", async () => {
    await hosted.repository.change("main", "image/Dockerfile", genome("p13"), genome("p14"));
    const { up } = await hosted.merge();
    assert.equal(up?.result, "success", lastLog(up));
    assert.equal(hosted.host.caches.size, 2, "another content of the image's folder is another entry");
  });
});
