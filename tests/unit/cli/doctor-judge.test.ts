import assert from "node:assert/strict";
import { ApiDocument } from "../../../cli/doctor/api-document";
import type { AssumptionId } from "../../../cli/doctor/assumptions";
import { expectations } from "../../../cli/doctor/command";
import { documentedCalls, type Judged, judge } from "../../../cli/doctor/judge";
import type { Facts } from "../../../cli/doctor/look";
import { exitCodeOf, textOf } from "../../../cli/doctor/report";
import { openApiDocument } from "../../../emulator/http/openapi";
import { dockerImage, liveWorkspace } from "../../support/factories";

const expected = expectations();

/** The document of an ICA that has everything; `change` makes it another one, text for text. */
function documentOf(change: (text: string) => string = (text) => text, workspaces = true): Facts["document"] {
  const document = ApiDocument.from(JSON.parse(change(JSON.stringify(openApiDocument(workspaces)))));
  assert.ok(document !== undefined);
  return { from: "a test", document };
}

function facts(overrides: Partial<Facts> = {}): Facts {
  return {
    baseUrl: "https://ica.example/ica/rest",
    system: "ICA, 2.40",
    calls: [],
    formats: [{ id: "1", code: "DOCKER" }],
    images: [],
    workspaces: { kind: "served", list: [], problem: undefined },
    document: documentOf(),
    s3Endpoint: undefined,
    ...overrides,
  };
}

function verdict(id: AssumptionId, seen: Facts): Judged {
  const found = judge(seen, expected).find((each) => each.id === id);
  assert.ok(found !== undefined);
  return found;
}

const missing: Facts["workspaces"] = { kind: "missing", why: "GET …/workspaces answered 404" };

describe("doctor's judgement", () => {
  const cases: [AssumptionId, string, Partial<Facts>, Judged["outcome"], RegExp][] = [
    ["W1", "served and documented", {}, "holds", /all 7 calls/],
    ["W1", "served, no document", { document: undefined }, "unknown", /no OpenAPI document/],
    ["W1", "served, a document without", { document: documentOf(undefined, false) }, "unknown", /no such call/],
    ["W1", "not served", { workspaces: missing, document: documentOf(undefined, false) }, "fails", /404.*0 of the 7/],
    ["W1", "not served, no document", { workspaces: missing, document: undefined }, "fails", /404/],
    ["W1", "refused, but documented", { workspaces: { kind: "unknown", why: "403" } }, "holds", /403.*all 7/],
    [
      "W1",
      "one call missing",
      { document: documentOf((text) => text.replace("{workspaceId}:start", "{workspaceId}:launch")) },
      "fails",
      /lacks POST \/api\/projects\/\{\}\/workspaces\/\{\}:start; similar.*:launch/,
    ],
    [
      "W1",
      "calls elsewhere",
      { workspaces: missing, document: documentOf((text) => text.replaceAll("/workspaces", "/bench/rooms")) },
      "fails",
      /similar calls are there.*GET \/api\/projects\/\{\}\/bench\/rooms/,
    ],
    [
      "W1",
      "other names of parameters, and the prefix in the paths",
      {
        document: documentOf((text) =>
          text.replaceAll('"/api/', '"/ica/rest/api/').replaceAll("{workspaceId}", "{id}"),
        ),
      },
      "holds",
      /all 7/,
    ],
    ["W2", "documented", {}, "holds", /every field/],
    [
      "W2",
      "a field of another name",
      { document: documentOf((text) => text.replaceAll("storageSizeInGb", "diskGb")) },
      "fails",
      /lacks storageSizeInGb/,
    ],
    [
      "W2",
      "a field within a field of another name",
      { document: documentOf((text) => text.replaceAll("allowedUrls", "whitelist")) },
      "fails",
      /lacks network\.allowedUrls/,
    ],
    [
      "W2",
      "only optional answers of another name",
      { document: documentOf((text) => text.replaceAll("consoleHost", "sshHost")) },
      "holds",
      /every field/,
    ],
    [
      "W2",
      "an answer in another form",
      { workspaces: { kind: "served", list: [], problem: "items.0.name: expected string" } },
      "fails",
      /items\.0\.name/,
    ],
    [
      "W2",
      "no document, but workspaces that were read",
      { document: undefined, workspaces: { kind: "served", list: [liveWorkspace()], problem: undefined } },
      "holds",
      /1 workspaces/,
    ],
    ["W2", "no document and no workspace", { document: undefined }, "unknown", /no workspace/],
    ["W2", "no calls", { workspaces: missing }, "unknown", /no workspace calls/],
    ["W3", "none seen", {}, "unknown", /no workspace/],
    [
      "W3",
      "a strange one",
      { workspaces: { kind: "served", list: [liveWorkspace({ status: "Hibernated" })], problem: undefined } },
      "fails",
      /Hibernated/,
    ],
    [
      "W3",
      "known ones only",
      { workspaces: { kind: "served", list: [liveWorkspace({ status: "Running" })], problem: undefined } },
      "unknown",
      /seen so far: Running/,
    ],
    [
      "W3",
      "the very list in the document",
      { document: withStatuses(["Stopped", "Starting", "Running", "Stopping", "Failed"]) },
      "holds",
      /lists these/,
    ],
    [
      "W3",
      "another list in the document",
      { document: withStatuses(["Stopped", "Running", "Paused"]) },
      "fails",
      /Paused/,
    ],
    [
      "W4",
      "two of a name",
      {
        workspaces: {
          kind: "served",
          list: [liveWorkspace({ id: "a" }), liveWorkspace({ id: "b" })],
          problem: undefined,
        },
      },
      "fails",
      /"genomics"/,
    ],
    ["W4", "no two of a name", {}, "unknown", /proves nothing/],
    ["W8", "documented", {}, "holds", /both/],
    [
      "W8",
      "no If-Match",
      { document: documentOf((text) => text.replaceAll("If-Match", "If-None")) },
      "fails",
      /If-Match of the update/,
    ],
    [
      "W8",
      "no Idempotency-Key",
      { document: documentOf((text) => text.replaceAll("Idempotency-Key", "X-Other")) },
      "fails",
      /Idempotency-Key of the create/,
    ],
    ["W8", "no document", { document: undefined }, "unknown", /no OpenAPI/],
    ["I1", "there", {}, "holds", /DOCKER/],
    ["I1", "not there", { formats: [{ id: "1", code: "DOCKER_IMAGE" }] }, "fails", /similar: DOCKER_IMAGE/],
    ["I1", "not read", { formats: undefined }, "unknown", /could not be read/],
    ["I4", "no failure yet", { images: [dockerImage()] }, "unknown", /so far/],
    ["I4", "given again", { images: [dockerImage({ status: "BUILDFAILED" }), dockerImage()] }, "holds", /beside one/],
    ["S2", "another store", { s3Endpoint: "http://127.0.0.1/s3" }, "holds", /s3Endpoint/],
    ["S2", "AWS", {}, "unknown", /no read-only/],
  ];

  for (const [id, title, seen, outcome, why] of cases) {
    it(`${id}: ${title} → ${outcome}`, () => {
      const judged = verdict(id, facts(seen));
      assert.equal(judged.outcome, outcome, judged.why);
      assert.match(judged.why, why);
    });
  }

  it("misses no call that the resources use and the document lacks", () => {
    for (const call of expected.documented.calls) {
      const [method = "", path = ""] = call.split(" ");
      const document = openApiDocument(false);
      const key = Object.keys(document.paths).find((each) => each.replace(/\{[^}]*\}/g, "{}") === path) ?? "";
      const item = document.paths[key];
      assert.ok(typeof item === "object" && item !== null, call);
      const { [method.toLowerCase()]: _, ...rest } = Object.fromEntries(Object.entries(item));
      const lacking = ApiDocument.from({ ...document, paths: { ...document.paths, [key]: rest } });
      assert.ok(lacking !== undefined);
      const found = documentedCalls(facts({ document: { from: "a test", document: lacking } }), expected);
      assert.equal(found?.outcome, "fails");
      assert.ok(found?.why.includes(call), found?.why);
    }
  });

  it("ends with 1 when anything fails, with 0 when nothing does", () => {
    const report = (seen: Facts) => ({
      baseUrl: seen.baseUrl,
      system: seen.system,
      openapi: seen.document?.from,
      calls: seen.calls,
      assumptions: judge(seen, expected),
    });
    const calls = [{ call: "GET /api/regions", outcome: "holds", why: "2" }] as const;
    assert.equal(exitCodeOf(report(facts({ calls }))), 0);
    assert.equal(exitCodeOf(report(facts({ calls, workspaces: missing }))), 1);
    assert.equal(exitCodeOf(report(facts({ calls: [{ ...calls[0], outcome: "fails" }] }))), 1);
    const text = textOf(report(facts({ calls, workspaces: missing })));
    assert.match(
      text,
      /^fails {4}W1 {2}Workspace: the workspace calls exist\n +GET.*404.*It means: a Workspace fails/m,
    );
    assert.match(text, /BenchImage: nothing speaks against it\.\nWorkspace: {2}cannot work here, for W1\./);
    const refused = { call: "GET /api/projects/{projectId}/workspaces", outcome: "fails", why: "403" } as const;
    assert.match(
      textOf(report(facts({ calls: [...calls, refused] }))),
      /BenchImage: nothing speaks against it\.\nWorkspace: {2}trouble, for GET \S+\/workspaces\./,
    );
  });
});

function withStatuses(statuses: readonly string[]): Facts["document"] {
  return documentOf((text) =>
    text.replace(
      '"status":{"type":"string","description":"Stopped, Starting',
      `"status":{"type":"string","enum":${JSON.stringify(statuses)},"description":"Stopped, Starting`,
    ),
  );
}
