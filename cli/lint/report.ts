import path from "node:path";
import type { Finding } from "../../provider/contract/finding";
import { rules } from "../../provider/contract/rules";
import { printableJson } from "../../runtime/printable";
import type { ImageContext } from "./context";

/** A finding with its place in a file. */
export interface Placed {
  readonly code: Finding["code"];
  readonly severity: Finding["severity"];
  /** Absolute path. */
  readonly file: string;
  /** Starts at 1. */
  readonly line: number;
  /** Starts at 1. */
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}

/** Gives each finding its place: the start of an instruction in the Dockerfile, or a file of the context. */
export function placed(findings: readonly Finding[], { context, dockerfile, text }: ImageContext): Placed[] {
  const lines = text.split("\n");
  return findings.map(({ code, severity, message, fix, line = 1, at }) => ({
    code,
    severity,
    file: at === undefined ? dockerfile : path.join(context, at.file),
    line: at?.line ?? line,
    column: at?.column ?? (lines[line - 1] ?? "").search(/\S|$/) + 1,
    message,
    fix,
  }));
}

/** The number of findings of each kind. */
export function countOf(findings: readonly Placed[]): { errors: number; warnings: number; notes: number } {
  const count = (wanted: Placed["severity"]) => findings.filter(({ severity }) => severity === wanted).length;
  return { errors: count("error"), warnings: count("warning"), notes: count("note") };
}

/** A path for display: relative to the working directory with forward slashes, or absolute when outside. */
export function shown(file: string, cwd: string): string {
  return (isBelow(file, cwd) ? path.relative(cwd, file) : file).split(path.sep).join("/");
}

/** Whether a path is inside a folder. */
function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && relative.split(path.sep)[0] !== ".." && !path.isAbsolute(relative);
}

/** GitHub resolves file names from the root of the repository, but a step can run in any folder below it. */
export function repositoryFolder(cwd: string): string {
  const workspace = process.env.GITHUB_WORKSPACE;
  return workspace !== undefined && isBelow(cwd, workspace) ? workspace : cwd;
}

/** Text for people: place, code, what is wrong, what to do. */
export function asText(findings: readonly Placed[], cwd: string): string {
  const blocks = findings.map(({ code, severity, file, line, column, message, fix }) =>
    [
      `${shown(file, cwd)}:${line}:${column}: ${severity} ${code}: ${message}`,
      `    rule: ${rules[code].title}`,
      `    fix:  ${fix}`,
    ].join("\n"),
  );
  const { errors, warnings, notes } = countOf(findings);
  const total =
    findings.length === 0
      ? "No findings: nothing here that Bench would refuse."
      : `${plural(errors, "error")}, ${plural(warnings, "warning")}${notes === 0 ? "" : `, ${plural(notes, "note")}`}`;
  return `${[...blocks, total].join("\n")}\n`;
}

/** One JSON document for programs. */
export function asJson(findings: readonly Placed[], cwd: string): string {
  const report = {
    ...countOf(findings),
    findings: findings.map((finding) => ({
      ...finding,
      file: shown(finding.file, cwd),
      rule: rules[finding.code].title,
      reason: rules[finding.code].reason,
      source: rules[finding.code].source,
    })),
  };
  return `${printableJson(report, 2)}\n`;
}

/**
 * Workflow commands for GitHub Actions that annotate the lines of a pull request (docs.github.com, "Workflow commands
 * for GitHub Actions").
 */
export function asGithub(findings: readonly Placed[], cwd: string): string {
  return findings
    .map(({ code, severity, file, line, column, message, fix }) => {
      const at = { file: shown(file, cwd), line, col: column, title: `${code} ${rules[code].title}` };
      const properties = Object.entries(at)
        .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
        .join(",");
      return `::${severity === "note" ? "notice" : severity} ${properties}::${escapeData(`${message}. ${fix}`)}\n`;
    })
    .join("");
}

/** Escapes text as the runner expects it: @actions/core, `escapeData`. */
export function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** Escapes text like `escapeData`, and also the characters that end a property: @actions/core, `escapeProperty`. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
