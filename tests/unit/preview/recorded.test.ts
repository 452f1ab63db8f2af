import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Facts } from "../../../cli/preview/facts";
import { readDigest } from "../../../cli/preview/read-digest";
import { Events } from "../../../cli/preview/read-events";
import { renderMarkdown } from "../../../cli/preview/render/markdown";
import { reportOf } from "../../../cli/preview/report/build";
import { type PreviewReport, previewReport } from "../../../cli/preview/report/report";

/** Events of real previews, without debug lines: tests/fixtures/preview. */
const recorded = (name: string) =>
  readFileSync(path.join(__dirname, "../../fixtures/preview", `${name}.jsonl`), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));

const about = { run: {}, time: new Date("2026-03-01T14:02:00Z"), shownFile: (file: string) => file };

function report(
  name: string,
  ended: { isRefreshed: boolean; hasFailed: boolean; inState?: string[] },
  facts = new Facts(),
  toEvent = (event: unknown): unknown => event,
): PreviewReport {
  const events = new Events();
  for (const event of recorded(name)) events.add(toEvent(event));
  return previewReport.parse(reportOf(events.observed(ended), facts, about));
}

const urn = (name: string, type = "Workspace") =>
  `urn:pulumi:rec::engine-test::pulumi-nodejs:dynamic/ica:${type}::${name}`;

describe("a report of recorded events", () => {
  const changes = () => report("changes", { isRefreshed: false, hasFailed: false });

  it("puts what costs data first, then who is cut off", () => {
    assert.deepEqual(
      changes().dangers.map(({ kind, resource }) => [kind, resource.name]),
      [
        ["dataLost", "pilot"],
        ["dataLost", "old"],
        ["disconnected", "genomics"],
      ],
    );
    assert.equal(changes().outcome, "dangers");
  });

  it("believes the provider rather than the state about who is at work", () => {
    const facts = Facts.read(
      JSON.stringify({
        v: 1,
        urn: urn("genomics"),
        fact: {
          kind: "plan",
          action: "update in place",
          certain: true,
          presence: "there",
          status: "Stopped",
          losesData: "no",
          disconnects: "no",
          laterRefusals: [],
        },
      }),
    );
    const { dangers, workspaces } = report("changes", { isRefreshed: false, hasFailed: false }, facts);
    assert.ok(dangers.every(({ resource }) => resource.name !== "genomics"));
    assert.equal(workspaces.find(({ resource }) => resource.name === "genomics")?.status, "Stopped");
  });

  it("says the same of resources that the plugin serves", () => {
    const byPlugin = <T>(value: T): T =>
      JSON.parse(JSON.stringify(value).replaceAll("pulumi-nodejs:dynamic/ica:", "ica:index:"));
    const ended = { isRefreshed: false, hasFailed: false };
    assert.deepEqual(report("changes", ended, new Facts(), byPlugin), byPlugin(changes()));
  });

  it("lists a change that waits until people have stopped the workspace, and disconnects nobody", () => {
    const plan = {
      ...{ kind: "plan", action: "defer", certain: true, presence: "there", status: "Running" },
      ...{ losesData: "no", disconnects: "no", deferred: ["image"], laterRefusals: [] },
    };
    const facts = Facts.read(JSON.stringify({ v: 1, urn: urn("genomics"), fact: plan }));
    const waiting = report("changes", { isRefreshed: false, hasFailed: false }, facts);
    assert.deepEqual(
      waiting.pending?.map(({ resource, fields }) => [resource.name, fields]),
      [["genomics", ["image"]]],
    );
    assert.ok(waiting.dangers.every(({ resource }) => resource.name !== "genomics"));
    assert.match(
      renderMarkdown(waiting, { limit: 65_000 }),
      /\*\*Changed after people have stopped them\*\*\n\n- `genomics` runs and is left as it is: `image` waits/,
    );
  });

  it("does not warn of data that is lost already", () => {
    const gone = {
      kind: "plan",
      action: "replace",
      certain: true,
      presence: "gone",
      losesData: "no",
      disconnects: "no",
      laterRefusals: [],
    };
    const facts = Facts.read(JSON.stringify({ v: 1, urn: urn("pilot"), fact: gone }));
    const { dangers, gone: missing } = report("changes", { isRefreshed: false, hasFailed: false }, facts);
    assert.ok(dangers.every(({ resource }) => resource.name !== "pilot"));
    assert.deepEqual(
      missing.map(({ name }) => name),
      ["pilot"],
    );
  });

  it("says what only up refuses", () => {
    const plan = {
      kind: "plan",
      action: "restart",
      certain: false,
      presence: "there",
      status: "Running",
      losesData: "no",
      disconnects: "perhaps",
    };
    const laterRefusals = [{ field: "image", reason: "needs a restart, and there is no allowRestart", certain: false }];
    const facts = Facts.read(JSON.stringify({ v: 1, urn: urn("genomics"), fact: { ...plan, laterRefusals } }));
    const { dangers } = report("changes", { isRefreshed: false, hasFailed: false }, facts);
    const refused = dangers.find(({ kind }) => kind === "refused");
    assert.ok(refused?.kind === "refused");
    assert.deepEqual(refused.refusals, [{ field: "image", reason: laterRefusals[0]?.reason }]);
  });

  it("does not know the reasons of a rebuild without the provider's facts, and says so", () => {
    const [image] = changes().images;
    assert.deepEqual([image?.reasons, image?.upload], [[{ kind: "notHere" }], "unknown"]);
    assert.equal(image?.archiveBytes, 94_322_255);
  });

  it("repeats no warning that it says as a fact", () => assert.deepEqual(changes().warnings, []));

  it("says of a secret only that it changes", () => {
    const proteomics = changes().workspaces.find(({ resource }) => resource.name === "proteomics");
    assert.deepEqual(
      proteomics?.changes.map(({ field, secret, before, after }) => [field, secret, before, after]),
      [["allowedUrls", true, undefined, undefined]],
    );
  });

  it("lists the settings to change by hand", () =>
    assert.deepEqual(
      changes().clicks.map(({ setting, declared, reported }) => [setting, declared, reported]),
      [
        ["console", false, true],
        ["clusterCompatible", false, true],
      ],
    ));

  it("separates manual changes from the program's changes", () => {
    const { drift, gone, workspaces } = report("refreshed", { isRefreshed: true, hasFailed: true });
    assert.deepEqual(
      drift.map(({ resource, fields }) => [
        resource.name,
        ...fields.map(({ field, inIca, declared }) => [field, inIca, declared]),
      ]),
      [
        ["same", ["storageGb", "30", "20"]],
        ["proteomics", ["desiredState", "stopped", "running"]],
      ],
    );
    assert.deepEqual(
      gone.map(({ name }) => name),
      ["gone"],
    );
    const proteomics = workspaces.find(({ resource }) => resource.name === "proteomics");
    assert.deepEqual(
      proteomics?.changes.map(({ field }) => field),
      ["allowedUrls"],
    );
  });

  it("of a failure has the error at its resource, and what was not previewed", () => {
    const inState = [urn("same"), urn("pilot"), urn("proteomics")];
    const failed = report("refreshed", { isRefreshed: true, hasFailed: true, inState });
    assert.equal(failed.outcome, "failed");
    assert.deepEqual(
      failed.errors.map(({ resource }) => resource?.name),
      ["same"],
    );
    assert.match(failed.errors[0]?.message ?? "", /a disk cannot shrink/);
    assert.deepEqual(
      failed.notJudged.map(({ name }) => name),
      ["same", "pilot"],
    );
  });

  it("leaves out an event of a shape that it does not know", () => {
    const events = new Events();
    for (const event of [null, 1, {}, { resourcePreEvent: {} }, { resourcePreEvent: { metadata: { op: 1 } } }])
      events.add(event);
    assert.deepEqual(events.observed({ isRefreshed: false, hasFailed: false }).steps, []);
  });

  it("reads the channel line by line, and leaves out what is no fact", () => {
    const good = JSON.stringify({ v: 1, urn: "u", fact: { kind: "published", there: true } });
    assert.equal(Facts.read(`{"half\n${good}\n${good}\n{"v":2}\n`).isPublished("u"), true);
    assert.equal(Facts.read("").isPublished("u"), undefined);
  });
});

describe("a digest of pulumi preview --json", () => {
  const type = "pulumi-nodejs:dynamic/ica:Workspace";
  const plain = {
    name: "w",
    projectId: "p",
    image: "i",
    resourceModel: "m",
    storageGb: 20,
    access: { web: true },
    network: "public",
  };
  const side = (inputs: object, more: object = {}) => ({
    type,
    urn: urn("w"),
    inputs,
    outputs: { ...inputs, status: "Running" },
    ...more,
  });
  const digest = (steps: object[], more: object = {}) =>
    JSON.stringify({ steps, diagnostics: null, changeSummary: { same: 3, update: 1 }, ...more }, undefined, 2);
  const read = (text: string) => previewReport.parse(reportOf(readDigest(text), new Facts(), about));

  it("is found after lines of the program, JSON among them", () => {
    const step = { op: "delete", urn: urn("w"), oldState: side(plain) };
    const { dangers } = read(`{"a": 1}\n{ not json\nwarning: x\n${digest([step])}\n`);
    assert.deepEqual(
      dangers.map(({ kind }) => kind),
      ["dataLost"],
    );
  });

  it("forgets a workspace that is to be retained, and loses no data", () => {
    const step = { op: "delete", urn: urn("w"), oldState: side(plain, { retainOnDelete: true }) };
    const { dangers, workspaces } = read(digest([step]));
    assert.deepEqual([dangers, workspaces.map(({ op }) => op)], [[], ["forget"]]);
  });

  it("finds drift between the refresh and what the next step starts from", () => {
    const stopped = { ...plain, desiredState: "stopped" };
    const running = { ...plain, desiredState: "running" };
    const { drift, workspaces } = read(
      digest([
        { op: "refresh", urn: urn("w"), oldState: side(running), newState: side(running) },
        { op: "update", urn: urn("w"), oldState: side(stopped), newState: side(running) },
      ]),
    );
    assert.deepEqual(drift[0]?.fields, [
      { field: "desiredState", inIca: "stopped", declared: "running", putBack: true },
    ]);
    assert.deepEqual(workspaces, []);
  });

  it("reports a resource that is created after its refresh as deleted manually", () => {
    const { gone } = read(
      digest([
        { op: "refresh", urn: urn("w"), oldState: side(plain), newState: side(plain) },
        { op: "create", urn: urn("w"), newState: side(plain) },
      ]),
    );
    assert.deepEqual(
      gone.map(({ name }) => name),
      ["w"],
    );
  });

  it("shows an error before the engine starts", () => {
    assert.throws(
      () => readDigest("error: no stack selected"),
      /no digest of a preview.*starts with "error: no stack/s,
    );
    assert.throws(() => readDigest(""), /The text is empty/);
    const { outcome, errors } = read(
      `<{%fg 1%}>error: it broke<{%reset%}>\n${JSON.stringify({ steps: [], diagnostics: [] })}`,
    );
    assert.deepEqual([outcome, errors], ["failed", [{ message: "error: it broke" }]]);
  });

  it("counts what stays without the stack", () =>
    assert.equal(
      read(
        digest([
          { op: "same", urn: "urn:pulumi:d::p::pulumi:pulumi:Stack::p-d", newState: { type: "pulumi:pulumi:Stack" } },
        ]),
      ).unchanged,
      2,
    ));

  it("is a comment", () => {
    const step = { op: "delete", urn: urn("w"), oldState: side(plain) };
    assert.match(
      renderMarkdown(read(digest([step])), { limit: 65_000 }),
      /`w` is deleted, and everything in its \/data \(20 GB\) with it/,
    );
  });
});
