import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { compareDocuments, type Finding, type Json } from "./compare";
import { mutations } from "./mutate";

const repository = path.resolve(__dirname, "..", "..");

/** The vendor's document is not part of this repository. */
const official =
  process.env.ICA_OPENAPI ?? path.resolve(repository, "..", "shared", "ica-openapi", "openapi_public.yaml");
const absent = existsSync(official)
  ? undefined
  : `${path.basename(official)} is not there: set ICA_OPENAPI to its path`;

function read(file: string): Json {
  return parse(readFileSync(file, "utf8"), { maxAliasCount: -1 });
}

function ours(name: string): Json {
  return read(path.join(repository, "openapi", name));
}

function text(findings: readonly Finding[]): string {
  return findings.map(({ place, reason }) => `${place}: ${reason}`).join("\n");
}

describe(`openapi/ica.yaml and the official document${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  let theirs: Json;
  before(function () {
    if (absent !== undefined) {
      this.skip();
    }
    theirs = read(official);
  });

  it("agree in every path, method, parameter, media type, required field and enumeration that we use", () => {
    assert.equal(text(compareDocuments(ours("ica.yaml"), theirs)), "");
  });

  it("would not agree if anything in ours were otherwise", () => {
    const document = ours("ica.yaml");
    const missed: string[] = [];
    let tried = 0;
    for (const mutation of mutations(document)) {
      tried += 1;
      if (compares(mutation.document, theirs)) {
        missed.push(mutation.what);
      }
    }
    assert.ok(tried > 500, `only ${tried} faults were tried`);
    assert.deepEqual(missed, []);
  }).timeout(60_000);

  it("name the place of a disagreement", () => {
    const document = JSON.parse(JSON.stringify(ours("ica.yaml")).replace('"BUILDFAILED"', '"FAILED"'));
    const [finding] = compareDocuments(document, theirs);
    assert.match(
      finding?.place ?? "",
      /^GET \/api\/dockerImages › response 200 › application\/vnd\.illumina\.v4\+json › items › items › status › enum$/,
    );
    assert.match(finding?.reason ?? "", /"FAILED".*here and .*"BUILDFAILED".*official/);
  });

  it("leave the workspace calls to openapi/workspaces.yaml, which remains an assumption while none of them is official", () => {
    const paths = (document: Json) =>
      typeof document === "object" && document !== null && !Array.isArray(document)
        ? Object.keys(Object(document.paths))
        : [];
    const known = new Set(paths(theirs));
    const assumed = paths(ours("workspaces.yaml"));
    assert.ok(assumed.length > 0);
    assert.deepEqual(
      assumed.filter((each) => known.has(each)),
      [],
      "documented now: move these to openapi/ica.yaml",
    );
  });
});

/** Whether nothing is found; a document that cannot even be read does not agree. */
function compares(document: Json, theirs: Json): boolean {
  try {
    return compareDocuments(document, theirs).length === 0;
  } catch {
    // A reference that points at nothing, for example.
    return false;
  }
}
