import { type PreviewReport, type Run, scopeOf } from "../report/report";

export interface MarkdownOptions {
  /** Largest number of bytes of UTF-8. */
  readonly limit: number;
  /** The run that shows the report, where the one in the report is not to be trusted. Only its address becomes a link. */
  readonly run?: Run;
}

/** The bytes that a comment may have: GitHub's limit is 65,536 characters, and the platform counts in ways of its own. */
export const commentLimit = 65_000;

/** A report as GitHub's Markdown. It summarises until it fits the limit, and never cuts. */
export function renderMarkdown(report: PreviewReport, { run = report.run }: MarkdownOptions): string {
  return `${markerOf(report, run)}\n### Preview: ${report.outcome}\n`;
}

/** The first line: invisible in the comment, and how a later run finds it. */
function markerOf(report: PreviewReport, { sha, number, attempt }: Run): string {
  return `<!-- pulumi-ica:preview ${JSON.stringify({ v: 1, stack: scopeOf(report), sha, run: number, attempt })} -->`;
}
