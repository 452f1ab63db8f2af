import { strict as assert } from "node:assert";
import path from "node:path";
import fc from "fast-check";
import { asGithub, escapeData, escapeProperty, type Placed } from "../../cli/lint/report";
import { asSarif } from "../../cli/lint/sarif";
import { type RuleCode, rules } from "../../provider/contract/rules";
import { assertSarif } from "./sarif";

/** Texts of the characters that mean something in workflow commands, and of those that escaping produces. */
const nasty = fc.string({ unit: fc.constantFrom("%", "\r", "\n", ":", ",", "=", "2", "5", "0", "A", "D", "é") });

describe("reports of lint", () => {
  const anyPlaced: fc.Arbitrary<Placed> = fc.record({
    code: fc.constantFrom(...(Object.keys(rules) as RuleCode[])),
    severity: fc.constantFrom("error" as const, "warning" as const, "note" as const),
    file: fc
      .array(
        fc.string({ minLength: 1, unit: "binary" }).map((part) => `x${part.replace(/[/\0]/g, "_")}`),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .map((parts) => path.resolve("/work tree", ...parts)),
    line: fc.integer({ min: 1, max: 100_000 }),
    column: fc.integer({ min: 1, max: 1000 }),
    message: nasty,
    fix: fc.oneof(nasty, fc.string({ unit: "binary" })),
  });

  it("never let a text break out of a workflow command", () => {
    fc.assert(
      fc.property(fc.array(anyPlaced, { maxLength: 4 }), (findings) => {
        const lines = asGithub(findings, "/work tree").split("\n").slice(0, -1);
        assert.equal(lines.length, findings.length, "one line each");
        lines.forEach((line, i) => {
          const [, properties = "", data] = /^::(?:error|warning|notice) (.*?)::(.*)$/s.exec(line) ?? [];
          const read = Object.fromEntries(
            properties.split(",").map((each) => each.split("=", 1).concat(each.slice(each.indexOf("=") + 1))),
          );
          assert.deepEqual(Object.keys(read), ["file", "line", "col", "title"]);
          assert.equal(unescapeGithub(String(read.file)), path.relative("/work tree", findings[i]?.file ?? ""));
          assert.equal(unescapeGithub(data ?? ""), `${findings[i]?.message}. ${findings[i]?.fix}`);
          assert.ok(!/[\r\n]/.test(line));
        });
      }),
    );
  });

  it("escape so that the runner reads back what was written", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        assert.equal(unescapeGithub(escapeData(text)), text);
        assert.equal(unescapeGithub(escapeProperty(text)), text);
        assert.ok(!/[\r\n:,]/.test(escapeProperty(text)));
      }),
    );
  });

  it("are valid SARIF for any finding and any name of a file", () => {
    fc.assert(
      fc.property(fc.array(anyPlaced, { maxLength: 3 }), fc.boolean(), (findings, elsewhere) => {
        const options = { cwd: elsewhere ? "/other" : "/work tree", version: "0.1.0" };
        const { results } = assertSarif(asSarif(findings, options));
        results.forEach(({ locations: [{ physicalLocation }] }, i) => {
          const { uri, uriBaseId } = physicalLocation.artifactLocation;
          assert.equal(uriBaseId, elsewhere ? undefined : "%SRCROOT%");
          if (!elsewhere) assert.equal(decodeURIComponent(uri), path.relative("/work tree", findings[i]?.file ?? ""));
        });
      }),
    );
  });
});

/** What the runner does with what it reads (actions/runner, ActionCommand.cs). */
function unescapeGithub(text: string): string {
  return text
    .replaceAll("%0D", "\r")
    .replaceAll("%0A", "\n")
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%25", "%");
}
