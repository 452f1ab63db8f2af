import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runOf } from "../../../cli/preview/environment";
import { factsVariable } from "../../../provider/preview-facts";
import { HiddenValues } from "../../../provider/pulumi/hidden-values";
import { factsOf } from "../../../provider/pulumi/preview-facts";

describe("what a preview has from its environment", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-preview-test-"));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const github = {
    GITHUB_RUN_ID: "1234567",
    GITHUB_RUN_NUMBER: "812",
    GITHUB_RUN_ATTEMPT: "2",
    GITHUB_SHA: "A".repeat(40),
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_REPOSITORY: "team/bench",
  };

  it("is GitHub's run, and the head of the pull request rather than the merge commit", async () => {
    const event = path.join(dir, "event.json");
    await writeFile(event, JSON.stringify({ pull_request: { head: { sha: "b".repeat(40) } } }));
    const url = "https://github.example/team/bench/actions/runs/1234567";
    assert.deepEqual(runOf({ ...github, GITHUB_EVENT_PATH: event }), {
      sha: "b".repeat(40),
      number: 812,
      attempt: 2,
      url,
    });
    assert.equal(runOf(github).sha, "a".repeat(40), "without a pull request the commit itself");
  });

  it("is GitLab's pipeline", () =>
    assert.deepEqual(
      runOf({ CI_COMMIT_SHA: "c".repeat(40), CI_PIPELINE_IID: "7", CI_JOB_URL: "https://gitlab.example/-/jobs/1" }),
      {
        sha: "c".repeat(40),
        number: 7,
        url: "https://gitlab.example/-/jobs/1",
      },
    ));

  it("is empty when the environment has no value, or an invalid one", async () => {
    assert.deepEqual(runOf({}), {});
    const event = path.join(dir, "broken.json");
    await writeFile(event, "{");
    const wrong = {
      ...github,
      GITHUB_SHA: "x y",
      GITHUB_RUN_NUMBER: "1e3",
      GITHUB_RUN_ATTEMPT: "0",
      GITHUB_SERVER_URL: "javascript:",
    };
    assert.deepEqual(runOf({ ...wrong, GITHUB_EVENT_PATH: event }), {});
  });

  it("is a file for the provider's facts, without secrets and with a bounded number of reasons", async () => {
    const file = path.join(dir, "facts.jsonl");
    const hidden = new HiddenValues();
    hidden.add({ token: "a-long-secret" }, [["token"]]);
    const note = factsOf("urn", hidden, { [factsVariable]: file });
    assert.ok(note !== undefined);
    note({
      kind: "rebuild",
      reasons: Array.from({ length: 500 }, (_, index) => ({
        kind: "declared",
        field: `a-long-secret-${index}`,
        what: "added",
      })),
    });
    note({ kind: "published", there: true });
    const text = await readFile(file, "utf8");
    assert.doesNotMatch(text, /a-long-secret/);
    const [first, second] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(first.fact.reasons.length, 201);
    assert.deepEqual(first.fact.reasons.at(-1), { kind: "more", count: 300 });
    assert.deepEqual(second, { v: 1, urn: "urn", fact: { kind: "published", there: true } });
  });

  it("is no file in any other run, and a file that cannot be written fails nothing", () => {
    assert.equal(factsOf("urn", new HiddenValues(), {}), undefined);
    assert.equal(factsOf(undefined, new HiddenValues(), { [factsVariable]: path.join(dir, "x") }), undefined);
    factsOf("urn", new HiddenValues(), { [factsVariable]: path.join(dir, "absent", "x") })?.({
      kind: "published",
      there: false,
    });
  });
});
