import { isDeepStrictEqual } from "node:util";
import { laterMessage, replacedBecause } from "../../../provider/workspace/preview/messages";
import type { Facts } from "../facts";
import { isMachinery, type Observed, type Refreshed, type Step, stackOf } from "../observed";
import { driftedFields, driftOf, goneOf } from "./drift";
import { imageNames } from "./image-names";
import { clicksOf, imageChange } from "./images";
import type { Danger, Message, PreviewReport, Run, WorkspaceChange } from "./report";
import { happeningsOf, isImage, isWorkspace, resourceOf } from "./resources";
import { changesOf, within } from "./values";
import { judgeWorkspace } from "./workspaces";

/** What the observation itself does not say. */
export interface About {
  /** Names of the stack and project, when no URN contains them. */
  readonly stack?: { readonly name?: string | undefined; readonly project?: string | undefined } | undefined;
  readonly run: Run;
  readonly time: Date;
  /** A file of the context as a reader of the repository knows it. */
  readonly shownFile: (absolute: string) => string;
}

const order: readonly Danger["kind"][] = ["dataLost", "disconnected", "refused"];

/** Makes a report of what a preview showed. Pure: the same observation gives the same report. */
export function reportOf(observed: Observed, facts: Facts, about: About): PreviewReport {
  const happenings = happeningsOf(observed).filter(({ step }) => !isMachinery(step.urn, step.type));
  const thatAre = (is: (type: string) => boolean) => happenings.filter(({ step }) => is(step.type));
  const images = imageNames(observed);
  const judged = thatAre(isWorkspace).map((happening) => ({
    happening,
    ...judgeWorkspace(happening, facts, images),
  }));
  const drifted = new Map(observed.refreshed.map((found) => [found.urn, found]));
  const gone = goneOf(observed).map(({ urn, type }) => resourceOf(urn, type));
  const alsoGone = judged.filter(({ isGone }) => isGone).map(({ change }) => change.resource);
  const dangers = judged.flatMap((one) => one.dangers);
  const lost = new Set(
    dangers.flatMap(({ kind, resource, changes }) =>
      kind === "dataLost" ? [keyOf(resource.urn, replacedBecause(changes.map(({ field }) => field)))] : [],
    ),
  );
  const report = {
    version: 1 as const,
    stack: stackNames(observed, about),
    time: about.time.toISOString(),
    run: about.run,
    refreshed: observed.isRefreshed,
    dangers: order.flatMap((kind) => dangers.filter((danger) => danger.kind === kind)),
    clicks: observed.steps.filter(({ type, op }) => isImage(type) && isLogical(op)).flatMap(clicksOf),
    images: thatAre(isImage).map((happening) => imageChange(happening, facts)),
    workspaces: judged.flatMap(({ happening, change }) =>
      withoutDrift(change, happening.step, drifted.get(change.resource.urn)),
    ),
    pending: pendingOf(observed, facts),
    drift: driftOf(observed),
    gone: [...gone, ...alsoGone],
    policies: observed.violations.map(({ urn, pack, policy, isMandatory, message }) => ({
      ...(urn === undefined ? {} : { resource: resourceOf(urn) }),
      pack: within(pack),
      policy: within(policy),
      level: isMandatory ? ("mandatory" as const) : ("advisory" as const),
      message: within(message),
    })),
    findings: facts.findings().map(({ urn, finding: { kind: _, file, ...finding } }) => ({
      resource: resourceOf(urn),
      ...finding,
      code: within(finding.code),
      message: within(finding.message),
      fix: within(finding.fix),
      file: within(about.shownFile(file)),
    })),
    others: happenings
      .filter(({ step }) => !isImage(step.type) && !isWorkspace(step.type))
      .map(({ op, step }) => ({ resource: resourceOf(step.urn, step.type), op, changes: changesOf(step) })),
    ...(observed.unchanged === undefined ? {} : { unchanged: observed.unchanged }),
    errors: causesOf(observed),
    warnings: observed.diagnostics
      .filter(({ severity }) => severity === "warning")
      .filter((warning) => !isSaidAlready(warning, lost, facts))
      .map(messageOf),
    notJudged: notJudged(observed),
  };
  return { ...report, outcome: outcomeOf(report, observed.hasFailed) };
}

/** The engine closes every failed preview with an error that has no cause. It is left out when a cause is shown. */
function causesOf({ diagnostics, violations }: Observed): PreviewReport["errors"] {
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(messageOf);
  const causes = errors.filter(({ message }) => message.trim() !== "preview failed");
  return causes.length > 0 || violations.some(({ isMandatory }) => isMandatory) ? causes : errors;
}

function outcomeOf(
  report: Pick<PreviewReport, "dangers" | "images" | "workspaces" | "drift" | "gone" | "others">,
  hasFailed: boolean,
): PreviewReport["outcome"] {
  if (hasFailed) {
    return "failed";
  }
  if (report.dangers.length > 0) {
    return "dangers";
  }
  const { images, workspaces, drift, gone, others } = report;
  // What a program only reads, such as the outputs of another stack, is read in every preview.
  const changing = others.filter(({ op }) => op !== "read");
  return [images, workspaces, drift, gone, changing].some((list) => list.length > 0) ? "changes" : "unchanged";
}

function stackNames({ steps, refreshed }: Observed, { stack }: About): PreviewReport["stack"] {
  const urn = steps[0]?.urn ?? refreshed[0]?.urn;
  const known = urn === undefined ? undefined : stackOf(urn);
  const project = known?.project ?? stack?.project;
  const name = known?.name ?? stack?.name?.split("/").at(-1) ?? "";
  return { name: name.slice(0, 300), ...(project === undefined ? {} : { project: project.slice(0, 300) }) };
}

/** Workspaces that are left as they are for now, also those that have no other change. */
function pendingOf({ steps }: Observed, facts: Facts): NonNullable<PreviewReport["pending"]> {
  return steps
    .filter(({ type, op }) => isWorkspace(type) && (op === "same" || op === "update"))
    .flatMap(({ urn, type }) => {
      const fields = facts.plan(urn)?.deferred ?? [];
      return fields.length === 0 ? [] : [{ resource: resourceOf(urn, type), fields: fields.map(within) }];
    });
}

/** One step for each resource: the one that stands for a replacement, or says that nothing changes. */
function isLogical(op: string): boolean {
  return op === "same" || op === "update" || op === "replace";
}

/** The change without fields that the program leaves alone and `pulumi up` only puts back; nothing when none is left. */
function withoutDrift(change: WorkspaceChange, step: Step, found: Refreshed | undefined): WorkspaceChange[] {
  if (found === undefined || change.op !== "update") {
    return [change];
  }
  const putBack = driftedFields(found).filter((field) =>
    isDeepStrictEqual(found.before.inputs[field], step.after?.inputs[field]),
  );
  const changes = change.changes.filter(({ field }) => !putBack.includes(field));
  return changes.length === 0 && putBack.length > 0 ? [] : [{ ...change, changes }];
}

function messageOf({ urn, message }: { urn?: string | undefined; message: string }): Message {
  return { message: within(message), ...(urn === undefined ? {} : { resource: resourceOf(urn) }) };
}

function keyOf(urn: string, message: string): string {
  return JSON.stringify([urn, message]);
}

/** A warning that the report says as a fact, in the provider's own words. Compares whole texts, and reads none. */
function isSaidAlready(
  { urn, message }: { urn?: string | undefined; message: string },
  lost: ReadonlySet<string>,
  facts: Facts,
): boolean {
  if (urn === undefined) {
    return false;
  }
  const refused = (facts.plan(urn)?.laterRefusals ?? []).map(laterMessage);
  return lost.has(keyOf(urn, message)) || [...refused, ...facts.findingsOf(urn).map(warningOf)].includes(message);
}

/** The line of provider/bench-image/check.ts. */
function warningOf({
  code,
  file,
  line,
  message,
}: {
  code: string;
  file: string;
  line: number;
  message: string;
}): string {
  return `${code} ${file.split(/[\\/]/).at(-1)}:${line} ${message}`;
}

/** Resources of the state that a failed preview did not get to. */
function notJudged({ hasFailed, inState, steps }: Observed): PreviewReport["notJudged"] {
  if (!hasFailed || inState === undefined) {
    return [];
  }
  const judged = new Set(steps.map(({ urn }) => urn));
  return inState
    .filter((urn) => !judged.has(urn))
    .map((urn) => resourceOf(urn))
    .filter(({ urn, type }) => !isMachinery(urn, type));
}
