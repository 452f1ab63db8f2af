import { type PreviewReport, type Run, scopeOf } from "../report/report";
import { codeSpan } from "./ink";
import {
  clicks,
  dangers,
  details,
  drift,
  errors,
  findings,
  images,
  type Level,
  others,
  pending,
  policies,
  workspaces,
} from "./sections";
import { summary } from "./sentences";

export interface MarkdownOptions {
  /** Largest number of bytes of UTF-8. Some 4,000 are needed for the shortest form. */
  readonly limit: number;
  /**
   * The run that shows the report, as its own environment says it; default: the one in the report, but for its address. Only an
   * address that is given here becomes a link, since another user may have written the report.
   */
  readonly run?: Run | undefined;
}

/** Bytes of a comment: GitHub takes 65,536 characters, and says so only when it refuses more. */
export const commentLimit = 65_000;
/** Bytes of a job's summary on GitHub: 1 MiB for each step. */
export const summaryLimit = 1_048_576;

const all: Level = { details: true, reasons: true, lists: true, sentences: true, names: 100 };

/** From everything to the least, in the order in which a comment becomes shorter. Dangers are the last to be shortened. */
const levels: readonly Level[] = [
  all,
  { ...all, details: false },
  { ...all, details: false, reasons: false },
  { ...all, details: false, lists: false },
  { ...all, details: false, lists: false, reasons: false },
  ...[500, 100, 20, 0].map((names) => ({
    ...all,
    details: false,
    reasons: false,
    lists: false,
    sentences: false,
    names,
  })),
];

/** A report as GitHub's Markdown, within the limit. A long report is rendered with less detail; its text is never cut. */
export function renderMarkdown(report: PreviewReport, options: MarkdownOptions): string {
  let text = "";
  for (const level of levels) {
    text = atLevel(report, level, options.run);
    if (Buffer.byteLength(text) <= options.limit) {
      break;
    }
  }
  return text;
}

function atLevel(report: PreviewReport, level: Level, run: Run | undefined): string {
  const { stack, unchanged } = report;
  const name = stack.project === undefined ? stack.name : `${stack.project}/${stack.name}`;
  const sections = [errors, dangers, clicks, policies, findings, images, workspaces, pending, drift, others];
  return `${[
    `${markerOf(report, run ?? report.run)}\n### Preview of ${codeSpan(name, 120)}: ${summary(report)}`,
    ...sections.flatMap((section) => section(report, level)),
    ...(unchanged === undefined || unchanged === 0 ? [] : [`${unchanged} unchanged.`]),
    ...details(report, level),
    ...(level.details ? [] : [shortened]),
    `<sub>${footer(report, run ?? report.run)}${link(run)}</sub>`,
  ].join("\n\n")}\n`;
}

/** The first line, which a reader does not see: by it a later run finds the comment again. */
function markerOf(report: PreviewReport, { sha, number, attempt }: Run): string {
  return `<!-- pulumi-ica:preview ${JSON.stringify({ v: 1, stack: scopeOf(report), sha, run: number, attempt })} -->`;
}

const shortened = "Shortened: the full preview is too long for a comment. See the job summary.";

function footer({ time, refreshed }: PreviewReport, { sha }: Run): string {
  const at = `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
  const commit = sha === undefined ? "" : `${codeSpan(sha.slice(0, 12))}, `;
  return `${commit}${at}, ${refreshed ? "compared with ICA" : "compared with the state, not refreshed"}`;
}

/** The page of the run. An address is the only thing here that becomes a link. */
function link(run: Run | undefined): string {
  if (run?.url === undefined) {
    return "";
  }
  const { href } = new URL(run.url);
  return `, [log](<${href.replace(/[<>\s()[\]\\`]/g, encodeURIComponent)}>)`;
}
