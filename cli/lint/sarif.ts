import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Rule, type RuleCode, rules } from "../../provider/contract/rules";
import { printableJson } from "../../runtime/printable";
import type { Placed } from "./report";

const codes = Object.keys(rules) as RuleCode[];

/**
 * A SARIF 2.1.0 log (docs.oasis-open.org/sarif/sarif/v2.1.0) for GitHub's code scanning and for editors. It describes
 * every rule of the contract, so that a viewer can show what was checked.
 */
export function asSarif(findings: readonly Placed[], { cwd, version }: { cwd: string; version: string }): string {
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "ica-bench", semanticVersion: version, rules: codes.map(descriptor) } },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { "%SRCROOT%": { uri: `${pathToFileURL(cwd).href.replace(/\/$/, "")}/` } },
        results: findings.map((finding) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: finding.severity,
          message: { text: `${finding.message}. ${finding.fix}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: artifact(finding.file, cwd),
                region: { startLine: finding.line, startColumn: finding.column },
              },
            },
          ],
        })),
      },
    ],
  };
  return `${printableJson(log, 2)}\n`;
}

function descriptor(code: RuleCode) {
  const { title, reason, fix, source }: Rule = rules[code];
  const page = /https:\/\/[^\s,;"]+/.exec(source)?.[0];
  return {
    id: code,
    shortDescription: { text: `${title}.` },
    fullDescription: { text: reason },
    help: { text: `${fix}\n\nSource: ${source}` },
    ...(page === undefined ? {} : { helpUri: page }),
  };
}

/** Relative for files below the working directory, so that the log is valid on other machines. */
function artifact(file: string, cwd: string): { uri: string; uriBaseId?: string } {
  const parts = path.relative(cwd, file).split(path.sep);
  if (parts[0] === ".." || path.isAbsolute(parts.join(path.sep))) {
    return { uri: pathToFileURL(file).href };
  }
  return { uri: parts.map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" };
}
