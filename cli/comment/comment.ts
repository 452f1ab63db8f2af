import { cut } from "../../provider/error-message";
import { printableLine } from "../../runtime/printable";
import { say } from "../output";
import type { PreviewReport } from "../preview/report/report";
import { wantedFor } from "./bodies";
import { decide, type Wanted } from "./decide";
import { githubTarget } from "./github/target";
import { gitlabTarget } from "./gitlab/target";
import { keepOne, type Outcome, type Patience, removeOne } from "./keep-one";
import { markerIn } from "./marker";
import { Misuse } from "./problem";
import { readReport } from "./report-file";
import type { Environment, Target } from "./target";
import type { Thread } from "./thread";

export const providers = ["github", "gitlab"] as const;

/** The options of `ica-bench comment`. */
export interface CommentOptions {
  readonly file: string;
  readonly provider?: (typeof providers)[number];
  readonly pr?: number;
  readonly repo?: string;
  /** Keeps one issue instead of a comment, open while the report has changes. */
  readonly issue?: boolean;
  readonly dryRun: boolean;
}

/** Brings the comment up to date, or with `dryRun` writes nothing. Returns what to print. */
export async function comment(options: CommentOptions, env: Environment, patience: Patience): Promise<string> {
  const report = await readReport(options.file);
  const target = await targetOf(options, report, env, patience);
  const wanted = wantedFor(report, target);
  if (options.dryRun) {
    return dryRun(target, wanted);
  }
  const thread = await target.open();
  if (typeof thread === "string") {
    return `nothing posted: ${thread}`;
  }
  const outcome = await keepOne(thread, wanted, patience);
  if (options.issue !== true || !wanted.isQuiet || outcome.kind === "newer" || outcome.comment === undefined) {
    return sentenceOf(outcome);
  }
  // The text of the issue says now that nothing changes.
  await removeOne(thread, outcome.comment.id, patience);
  return `closed ${outcome.comment.url}`;
}

async function targetOf(
  { provider, issue = false, ...named }: CommentOptions,
  { stack }: PreviewReport,
  env: Environment,
  patience: Patience,
): Promise<Target> {
  switch (provider ?? providerOf(env)) {
    case "github":
      return githubTarget(env, issue ? { ...named, issue: titleOf(stack) } : named, patience);
    case "gitlab":
      if (issue) {
        throw new Misuse("--issue is for GitHub. On GitLab, let the job fail by the exit code of the preview.");
      }
      return gitlabTarget(env, named, patience);
    case undefined:
      throw new Misuse("Neither GitHub Actions nor GitLab CI runs this job. Name one with --provider.");
  }
}

/** Longest title of an issue that GitHub takes, in characters. */
const longestTitle = 256;

/** GitHub shows a title as plain text. */
function titleOf({ name, project }: PreviewReport["stack"]): string {
  return cut(printableLine(`Drift of ${project === undefined ? "" : `${project}/`}${name}`), longestTitle);
}

function providerOf(env: Environment): CommentOptions["provider"] {
  if (env.GITHUB_ACTIONS === "true") {
    return "github";
  }
  if (env.GITLAB_CI === "true") {
    return "gitlab";
  }
  return undefined;
}

/** The text that would be written. With a token also says, on stderr, what would become of it. */
async function dryRun(target: Target, wanted: Wanted): Promise<string> {
  const thread = target.hasToken
    ? await target.open()
    : "no token is set, so the comments that are there are not known";
  say(`dry run: ${typeof thread === "string" ? thread : await planned(thread, wanted)}`);
  return wanted.bodies[0] ?? "";
}

async function planned(thread: Thread, wanted: Wanted): Promise<string> {
  const found = await thread.find((body) => markerIn(body)?.stack === wanted.marker.stack);
  const step = decide(found, wanted, false);
  if (step.kind === "create") {
    return "would post a new comment";
  }
  if (step.kind === "update") {
    return `would update ${step.comment.url}`;
  }
  return sentenceOf({ kind: step.why, comment: step.comment });
}

function sentenceOf({ kind, comment }: Outcome): string {
  switch (kind) {
    case "created":
      return `posted ${comment?.url}`;
    case "updated":
      return `updated ${comment?.url}`;
    case "current":
      return `up to date: ${comment?.url}`;
    case "newer":
      return `not updated: a later run wrote ${comment?.url}`;
    case "quiet":
      return "nothing posted: nothing changes, and there is no comment to update";
  }
}
