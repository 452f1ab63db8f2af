import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import Ajv from "ajv/dist/2020";
import { z } from "zod";
import { parseReport, previewReport, scopeOf } from "../../../cli/preview/report/report";
import { failedReport, fullReport } from "./reports";

const file = path.join(__dirname, "../../../docs/preview-report.schema.json");

describe("the JSON Schema of a preview's report", () => {
  it("is the one that this version writes (UPDATE_DOCS=1 updates it)", async () => {
    const current = `${JSON.stringify({ title: "Report of ica-bench preview, version 1", ...z.toJSONSchema(previewReport) }, undefined, 2)}\n`;
    if (process.env.UPDATE_DOCS === "1") await writeFile(file, current);
    assert.equal(await readFile(file, "utf8"), current);
  });

  it("accepts reports, and refuses others", async () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(
      JSON.parse(await readFile(file, "utf8")),
    );
    for (const report of [fullReport(), failedReport(), fullReport((text) => `${text}\n|`, 3)])
      assert.ok(validate(report), JSON.stringify(validate.errors));
    const { stack: _, ...rest } = fullReport();
    for (const wrong of [rest, { ...fullReport(), version: 2 }, { ...fullReport(), dangers: [{ kind: "other" }] }])
      assert.equal(validate(wrong), false);
  });
});

describe("the reader of reports", () => {
  it("reads what was written", () => assert.deepEqual(parseReport(JSON.stringify(fullReport())), fullReport()));

  it("says what is wrong with something else", () => {
    assert.throws(() => parseReport("{"), /not the JSON of a preview's report.*--format json/);
    assert.throws(
      () => parseReport(JSON.stringify({ ...fullReport(), version: 2 })),
      /has version 2, and this ica-bench reads version 1/,
    );
    assert.throws(
      () => parseReport(JSON.stringify({ ...fullReport(), unchanged: -1 })),
      /not a preview's report: unchanged: /,
    );
  });

  it("distinguishes stacks by project and name, and by nothing else", () => {
    const scope = (stack: { name: string; project?: string }) => scopeOf({ stack });
    assert.equal(scope({ name: "dev", project: "team" }), scopeOf(fullReport()));
    const others = [
      { name: "prod", project: "team" },
      { name: "dev", project: "other" },
      { name: "dev" },
      { name: "team", project: "dev" },
    ];
    assert.equal(new Set([scopeOf(fullReport()), ...others.map(scope)]).size, 5);
  });
});
