import assert from "node:assert/strict";
import { Facts } from "../../../cli/preview/facts";
import { digestText, readDigest } from "../../../cli/preview/read-digest";
import { Events } from "../../../cli/preview/read-events";
import { renderMarkdown } from "../../../cli/preview/render/markdown";
import { renderText } from "../../../cli/preview/render/text";
import { reportOf } from "../../../cli/preview/report/build";
import { type PreviewReport, parseReport } from "../../../cli/preview/report/report";

const about = { run: {}, time: new Date("2026-03-01T14:02:00Z"), shownFile: (file: string) => file };
const workspaceType = "pulumi-nodejs:dynamic/ica:Workspace";
const urn = (name: string, type = workspaceType) => `urn:pulumi:dev::team::${type}::${name}`;

type Step = Readonly<Record<string, unknown>> & { readonly op: string; readonly urn: string };

/** A digest as Pulumi writes it. */
const digest = (steps: readonly Step[], rest: object = { changeSummary: { same: 1 } }) =>
  JSON.stringify({ steps, ...rest }, undefined, 4);

/** The report of a text, as `ica-bench comment` reads it. */
function reported(text: string, facts = new Facts()): PreviewReport {
  const report = parseReport(JSON.stringify(reportOf(readDigest(text), facts, about)));
  renderText(report, { colour: true });
  renderMarkdown(report, { limit: 65_000 });
  return report;
}

const inputs = {
  name: "pilot",
  projectId: "5d8f8b3c-5e3f-4a57-8a0d-0a3a3f3a0001",
  image: "5d8f8b3c-5e3f-4a57-8a0d-0a3a3f3a0002",
  resourceModel: "standard-small",
  storageGb: 64,
  access: { web: true, console: false },
  network: "restricted",
  allowRestart: true,
};
const side = (id: string, over: object = {}, inputsOver: object = {}) => ({
  urn: urn("pilot"),
  type: workspaceType,
  custom: true,
  id,
  inputs: { ...inputs, ...inputsOver },
  outputs: { ...inputs, ...inputsOver, workspaceId: id, status: "Running" },
  ...over,
});
const same = { op: "same", urn: urn("pilot"), oldState: side("new"), newState: side("new") };

describe("a digest of pulumi preview --json", () => {
  const one = digest([{ op: "create", urn: urn("a"), newState: side("") }]);
  const two = digest([{ op: "create", urn: urn("b"), newState: side("") }]);
  const names = (text: string) => readDigest(text).steps.map((step) => step.urn.split("::").at(-1));

  for (const [what, text, found] of [
    ["behind objects that a program printed", `{"a":1}\n{ not: json }\n{\n  "steps": []\n}\n${one}`, ["a"]],
    ["behind another digest", `${two}\n${one}\n`, ["a"]],
    ["before words with braces", `${one}\nwarning: {"x": 1}\nsee {docs}\n`, ["a"]],
    ["before lines of JSON that are no digest", `${one}\n{"level":"info"}\n{\n  "a": 1\n}\n`, ["a"]],
    ["in one line before other text", `${JSON.stringify(JSON.parse(one))}\n} done {\n`, ["a"]],
    ["with the line ends of Windows", one.replaceAll("\n", "\r\n"), ["a"]],
    ["behind many lines with braces", `${"{ x\n".repeat(5000)}${one}`, ["a"]],
  ] as const)
    it(`is found ${what}`, () => assert.deepEqual(names(text), found));

  for (const [encoding, bytes] of [
    ["UTF-8", Buffer.from(one)],
    ["UTF-8 with its mark", Buffer.from(`\ufeff${one}`)],
    ["the UTF-16 of PowerShell", Buffer.from(`\ufeff${one}`, "utf16le")],
    ["UTF-16 in the other order", Buffer.from(`\ufeff${one}`, "utf16le").swap16()],
  ] as const)
    it(`is read from ${encoding}`, () => assert.deepEqual(names(digestText(bytes)), ["a"]));

  it("is refused when it is nested too deep for a report", () => {
    const nested = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    const text = `{"steps": [{"op": "update", "urn": "${urn("a")}", "oldState": {"inputs": {"x": ${nested}}}}]}`;
    assert.throws(() => readDigest(text), { message: "The digest of the preview has more than 100 levels of values" });
  });

  it("is refused from the engine's events, too", () => {
    const events = new Events();
    const nested = JSON.parse(`${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`);
    const metadata = { op: "update", urn: urn("a"), type: workspaceType, old: { inputs: nested, outputs: {} } };
    events.add({ resourcePreEvent: { metadata, planning: true } });
    assert.throws(() => events.observed({ isRefreshed: false, hasFailed: false }), {
      message: "A resource of the preview has more than 100 levels of values",
    });
  });

  it("is not made up", () => {
    for (const text of ["", "{", "}", "{}", "[]", "null", '{"steps": 1}', "error: {no stack}\n"])
      assert.throws(() => readDigest(text), /no digest of a preview in this text/);
  });
});

describe("the report of a digest", () => {
  const leftOver = { op: "delete-replaced", urn: urn("pilot"), oldState: side("old", { delete: true }) };

  it("reports the workspace that an earlier replacement left and up deletes", () => {
    const report = reported(digest([same, leftOver]));
    assert.equal(report.outcome, "dangers");
    assert.deepEqual(
      report.dangers.map((danger) => "how" in danger && [danger.kind, danger.how, danger.resource.name]),
      [["dataLost", "left over", "pilot"]],
    );
    assert.match(
      renderText(report, { colour: false }),
      /pilot: the workspace that an earlier replacement left is deleted/,
    );
  });

  it("counts an import that replaces a resource once, as the replacement", () => {
    const steps = ["import-replacement", "replace", "delete-replaced"].map((op) => ({
      op,
      urn: urn("pilot"),
      oldState: side("old"),
      newState: side("new"),
    }));
    assert.deepEqual(
      reported(digest(steps)).workspaces.map(({ op }) => op),
      ["replace"],
    );
  });

  it("names the images of a workspace by name and version, as far as the stack has them", () => {
    const imageUrn = urn("rstudio", "pulumi-nodejs:dynamic/ica:BenchImage");
    const image = (version: string, imageId?: string) => ({
      urn: imageUrn,
      type: "pulumi-nodejs:dynamic/ica:BenchImage",
      custom: true,
      inputs: { name: "rstudio", version },
      outputs: imageId === undefined ? {} : { imageId },
    });
    const elsewhere = "5d8f8b3c-5e3f-4a57-8a0d-0a3a3f3a0009";
    const change = (name: string, after: string) => ({
      op: "update",
      urn: urn(name),
      oldState: side(name),
      newState: side(name, {}, { image: after }),
    });
    const report = reported(
      digest([
        { op: "replace", urn: imageUrn, oldState: image("1.0", inputs.image), newState: image("1.1") },
        change("later", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
        change("elsewhere", elsewhere),
      ]),
    );
    const [later, other] = report.workspaces.map(({ changes }) => changes[0]);
    assert.deepEqual([later?.before, later?.beforeName, later?.unknown], [inputs.image, "rstudio 1.0", true]);
    assert.deepEqual([other?.beforeName, other?.after, other?.afterName], ["rstudio 1.0", elsewhere, undefined]);
    const text = renderText(report, { colour: false });
    assert.match(text, /image rstudio 1\.0 → known later/);
    assert.ok(text.includes(`image rstudio 1.0 → ${elsewhere}`));
    assert.ok(!text.includes(inputs.image));
  });

  it("reports it together with a replacement of the same resource", () => {
    const change = { oldState: side("new"), newState: side("", {}, { storageGb: 32 }), replaceReasons: ["storageGb"] };
    const parts = ["create-replacement", "replace", "delete-replaced"].map((op) => ({
      op,
      urn: urn("pilot"),
      ...change,
    }));
    const how = (steps: readonly Step[]) =>
      reported(digest(steps)).dangers.map((danger) => "how" in danger && danger.how);
    assert.deepEqual(how(parts), ["replaced"]);
    assert.deepEqual(how([...parts, leftOver]), ["replaced", "left over"]);
  });

  it("says that one with retainOnDelete is let go", () => {
    const kept = { ...leftOver, oldState: side("old", { delete: true, retainOnDelete: true }) };
    const { dangers, workspaces } = reported(digest([same, kept]));
    assert.deepEqual([dangers, workspaces.map(({ op }) => op)], [[], ["forget"]]);
  });

  it("has all that share a URN, from the engine's events too", () => {
    const events = new Events();
    for (const id of ["old", "older"]) {
      const metadata = { op: "delete-replaced", urn: urn("pilot"), type: workspaceType, old: side(id) };
      events.add({ resourcePreEvent: { metadata } });
    }
    const observed = events.observed({ isRefreshed: false, hasFailed: false });
    assert.equal(reportOf(observed, new Facts(), about).dangers.length, 2);
  });

  it("does not call it a change that a program reads what another stack has", () => {
    const type = "pulumi:pulumi:StackReference";
    const read = { op: "read", urn: urn("network", type), newState: { type, inputs: { name: "network" } } };
    const report = reported(digest([same, read]));
    assert.deepEqual([report.outcome, report.others.map(({ op }) => op)], ["unchanged", ["read"]]);
  });

  it("shows a provider of the program with a name like that of the engine's own", () => {
    const type = "pulumi:providers:aws";
    const steps = ["default", "default_6_1_0", "defaults"].map((name) => ({
      op: "create",
      urn: urn(name, type),
      newState: { type, inputs: {} },
    }));
    assert.deepEqual(
      reported(digest(steps)).others.map(({ resource }) => resource.name),
      ["defaults"],
    );
  });

  it("is one that comment reads, however long the provider's messages are", () => {
    const long = "x".repeat(100_000);
    const update = { op: "update", urn: urn("pilot"), oldState: side("a"), newState: side("a", {}, { name: long }) };
    const facts = new Facts();
    const common = {
      action: "restart",
      certain: true,
      presence: "there",
      losesData: "no",
      disconnects: "yes",
    } as const;
    const laterRefusals = [{ field: long, reason: long, certain: true }];
    facts.add(urn("pilot"), { kind: "plan", ...common, status: long, laterRefusals });
    const finding = { code: long, severity: "error", file: long, line: 1, message: long, fix: long } as const;
    facts.add(urn("pilot"), { kind: "finding", ...finding });
    facts.add(urn("quiet"), { kind: "plan", ...common, status: long, laterRefusals: [] });
    const quiet = { ...update, urn: urn("quiet") };
    assert.equal(reported(digest([update, quiet]), facts).outcome, "dangers");
  });

  it("takes names and values of any form", () => {
    const odd = { constructor: 1, toString: [], __proto__: null, valueOf: "x" };
    const type = "aws:s3/bucket:Bucket";
    const fields = ["constructor", "toString", "__proto__", "hasOwnProperty", ""];
    const others = [
      [odd, {}],
      [{}, odd],
    ].map(([before, after], i) => ({
      ...{ op: "update", urn: urn(`b${i}`, type), diffReasons: fields },
      ...{ oldState: { type, inputs: before, outputs: {} }, newState: { type, inputs: after, outputs: {} } },
    }));
    const values = [null, 1, true, {}, [], "", "[secret]", { "4dabf18193072939515e22adb298388d": "x" }];
    const workspaces = values.flatMap((value) =>
      Object.keys({ ...inputs, desiredState: "", status: "" }).map((field) => ({
        ...{ op: "update", urn: urn(field), diffReasons: [field] },
        oldState: { ...side("a"), outputs: { ...inputs, status: "Running", desiredState: "stopped", [field]: value } },
        newState: side("a", {}, { desiredState: "running", [field]: value }),
      })),
    );
    assert.ok(reported(digest([...others, ...workspaces])).others.length === 2);
  });

  it("says of a secret that changes what it may cost, and believes the engine that the provider took it", () => {
    const update = (over: object, diffReasons = ["image"]) => ({
      ...{ op: "update", urn: urn("pilot"), diffReasons },
      ...{ oldState: side("a", {}, { image: "[secret]" }), newState: side("a", {}, { image: "[secret]", ...over }) },
    });
    const kinds = (step: Step) =>
      reported(digest([step])).dangers.map((danger) => [danger.kind, danger.kind !== "refused" && danger.certain]);
    assert.deepEqual(kinds(update({})), [["disconnected", false]]);
    // The provider refuses it while the workspace runs. There is a step, so that it saw it stopped.
    assert.deepEqual(kinds(update({ allowRestart: false })), []);
    assert.deepEqual(kinds(update({ name: "other" }, ["name"])), []);
    const grown = {
      oldState: side("a", {}, { storageGb: "[secret]" }),
      newState: side("a", {}, { storageGb: "[secret]" }),
    };
    assert.deepEqual(kinds({ op: "update", urn: urn("pilot"), diffReasons: ["storageGb"], ...grown }), []);
  });

  it("says of a secret run state that it may be a stop, and never a restart", () => {
    const sides = [side("a", {}, { desiredState: "[secret]" }), side("a", {}, { desiredState: "[secret]" })];
    const report = reported(
      digest([
        { op: "update", urn: urn("pilot"), diffReasons: ["desiredState"], oldState: sides[0], newState: sides[1] },
      ]),
    );
    assert.deepEqual(
      report.dangers.map((danger) => danger.kind === "disconnected" && [danger.how, danger.certain]),
      [["stop", false]],
    );
    assert.match(renderText(report, { colour: false }), /pilot may be stopped: .*desiredState changed \(secret\)/s);
    const [before, after] = [
      side("a", {}, { desiredState: "[secret]" }),
      side("a", {}, { desiredState: "[secret]", image: "5d8f8b3c-5e3f-4a57-8a0d-0a3a3f3a0009" }),
    ];
    const both = reported(
      digest([
        {
          op: "update",
          urn: urn("pilot"),
          diffReasons: ["desiredState", "image"],
          oldState: before,
          newState: after,
        },
      ]),
    );
    assert.deepEqual(
      both.dangers.map((danger) => danger.changes.map(({ field }) => field)),
      [["image", "desiredState"]],
    );
  });

  it("takes seconds for 10,000 resources, and fits a file that comment reads", function () {
    this.timeout(60_000);
    const facts = new Facts();
    const steps = Array.from({ length: 10_000 }, (_, i) => {
      const finding = { code: "ICA001", severity: "error", file: "/x/Dockerfile", line: i + 1 } as const;
      facts.add(urn(`w${i}`), { kind: "finding", ...finding, message: "m", fix: "f" });
      const [oldState, newState] = [side(`${i}`), side(`${i}`, {}, { image: "other" })];
      return { op: "update", urn: urn(`w${i}`), diffReasons: ["image"], oldState, newState };
    });
    const diagnostics = steps.map((step) => ({ urn: step.urn, severity: "warning", message: "x" }));
    const text = digest(steps, { diagnostics, changeSummary: { update: steps.length } });
    const start = performance.now();
    const report = reported(text, facts);
    const seconds = (performance.now() - start) / 1000;
    assert.equal(report.dangers.length, 10_000);
    assert.ok(seconds < 20, `${seconds} s`);
    const bytes = JSON.stringify(report, undefined, 2).length;
    assert.ok(bytes < 32e6, `${bytes} bytes`);
  });
});
