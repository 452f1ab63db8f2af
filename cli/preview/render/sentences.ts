import type { RebuildReason } from "../../../provider/preview-facts";
import type { Danger, ImageChange, PreviewReport, WorkspaceChange } from "../report/report";
import { bytesText, type Ink, plural } from "./ink";

/** The sentences of a report. Every renderer writes them with its own ink. */

type Change = WorkspaceChange["changes"][number];
type Pending = NonNullable<PreviewReport["pending"]>[number];

/** The words after "Preview of <stack>:". */
export function summary(report: PreviewReport): string {
  const { dangers, outcome } = report;
  const count = (kind: Danger["kind"], how?: string) =>
    dangers.filter((danger) => danger.kind === kind && (how === undefined || ("how" in danger && danger.how === how)))
      .length;
  const lost = count("dataLost");
  const parts = [
    lost > 0 ? `data of ${plural(lost, "workspace")} is lost` : "",
    some(count("disconnected", "restart"), "restart"),
    some(count("disconnected", "stop"), "stop"),
    some(count("refused"), "change that up refuses", "changes that up refuses"),
  ].filter((part) => part !== "");
  const rest = parts.length > 0 ? parts : [changeCounts(report)];
  if (outcome === "failed") {
    const mandatory = report.policies.filter(({ level }) => level === "mandatory").length;
    return ["failed", some(mandatory, "mandatory policy violation"), ...parts].filter((part) => part !== "").join(", ");
  }
  return outcome === "unchanged" ? "no changes" : rest.join(", ");
}

function some(count: number, one: string, many?: string): string {
  return count === 0 ? "" : plural(count, one, many);
}

/** Whether the preview is complete, and failed only because a mandatory policy is violated. */
export function isStoppedByPolicy({ outcome, errors, policies }: PreviewReport): boolean {
  return outcome === "failed" && errors.length === 0 && policies.some(({ level }) => level === "mandatory");
}

/** `1 to create, 2 to change`, of all resources. */
export function changeCounts({ images, workspaces, others, drift, gone }: PreviewReport): string {
  const ops = [...images, ...workspaces, ...others].map(({ op }) => op);
  const count = (op: string) => ops.filter((each) => each === op).length;
  const verbs = [
    ["create", "to create"],
    ["update", "to change"],
    ["replace", "to replace"],
    ["delete", "to delete"],
    ["forget", "to forget"],
    ["import", "to import"],
    ["read", "to read"],
  ] as const;
  const parts = verbs.filter(([op]) => count(op) > 0).map(([op, verb]) => `${count(op)} ${verb}`);
  const beside = [
    some(drift.length, "changed manually", "changed manually"),
    some(gone.length, "deleted manually", "deleted manually"),
  ];
  return [...parts, ...beside.filter((part) => part !== "")].join(", ") || "no changes";
}

/** Whether reasons are part of a sentence. */
export interface Depth {
  readonly reasons: boolean;
}

export function dangerSentence(ink: Ink, danger: Danger, { reasons }: Depth): string {
  const name = ink.value(danger.resource.name);
  const changes =
    reasons && danger.changes.length > 0
      ? ` ${danger.changes.map((one) => changeWords(ink, one, true)).join("; ")}.`
      : "";
  switch (danger.kind) {
    case "dataLost": {
      const size = danger.storageGb === undefined ? "" : ` (${danger.storageGb} GB)`;
      if (danger.how === "deleted") {
        return ink.strong(`${name} is deleted, and everything in its /data${size} with it.`);
      }
      if (danger.how === "left over") {
        return ink.strong(
          `${name}: the workspace that an earlier replacement left is deleted, and everything in its /data${size} with it.`,
        );
      }
      const permission = danger.allowed ? ` The program declares ${ink.word("allowDataLoss")}.` : "";
      const verb = danger.certain ? "is" : "may be";
      return `${ink.strong(`${name} ${verb} replaced: everything in its /data${size} is lost${danger.certain ? "" : " then"}.`)}${changes}${permission}`;
    }
    case "disconnected": {
      const verb = danger.how === "restart" ? "restarted" : "stopped";
      const modal = danger.certain ? "is" : "may be";
      const status =
        danger.status === undefined || danger.status === "Running" ? "" : ` Its status is ${ink.value(danger.status)}.`;
      return `${ink.strong(`${name} ${modal} ${verb}: people who work in it are disconnected.`)}${changes}${status} Its /data stays.`;
    }
    case "refused": {
      const verb = danger.certain ? "refuses" : "may refuse";
      const why = danger.refusals.map(({ field, reason }) => `${ink.word(field)}: ${ink.sentence(reason)}`).join("; ");
      return `${ink.strong(`${ink.word("pulumi up")} ${verb} to change ${name}`)}, although the preview passes${reasons && why !== "" ? `: ${why}` : "."}`;
    }
  }
}

export function pendingSentence(ink: Ink, { resource, fields }: Pending): string {
  return `${ink.value(resource.name)} runs and is left as it is: ${fields.map((field) => ink.word(field)).join(", ")} ${fields.length === 1 ? "waits" : "wait"}`;
}

export function changeWords(ink: Ink, change: Change, withWhy: boolean): string {
  const why = withWhy && change.why !== undefined ? `: ${ink.sentence(change.why)}` : "";
  return `${ink.word(change.field)} ${valuesWords(ink, change)}${why}`;
}

function valuesWords(ink: Ink, change: Change): string {
  const { secret, unknown } = change;
  const before = change.beforeName ?? change.before;
  const after = change.afterName ?? change.after;
  if (secret) {
    return "changed (secret)";
  }
  const next = unknown ? "known later" : after === undefined ? "removed" : ink.value(after);
  if (before === undefined) {
    return unknown ? "is known later" : after === undefined ? "changed" : `is ${next}`;
  }
  return after === undefined && !unknown ? `${ink.value(before)} removed` : `${ink.value(before)} → ${next}`;
}

/** The fields that dangers say already, by the URN of their resource. */
type SaidFields = ReadonlyMap<string, ReadonlySet<string>>;

export function saidFields({ dangers }: PreviewReport): SaidFields {
  const said = new Map<string, Set<string>>();
  for (const { resource, changes } of dangers) {
    const fields = said.get(resource.urn) ?? new Set();
    said.set(resource.urn, fields);
    for (const { field } of changes) {
      fields.add(field);
    }
  }
  return said;
}

/**
 * The changes of a resource that a sentence about it lists: neither those that a danger says already, nor the content hash,
 * which the version and the reasons stand for.
 */
export function changesLeft(
  said: SaidFields,
  { resource, changes }: Pick<WorkspaceChange, "resource" | "changes">,
): Change[] {
  const own = said.get(resource.urn);
  return changes.filter(({ field }) => field !== "contextHash" && own?.has(field) !== true);
}

/** Policy violations, the mandatory ones first. */
export function policiesInOrder({ policies }: PreviewReport): PreviewReport["policies"] {
  return ["mandatory", "advisory"].flatMap((level) => policies.filter((one) => one.level === level));
}

/** The lines of a message that are not empty. */
export function linesOf(message: string): string[] {
  return message
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

export function opWord(op: ImageChange["op"]): string {
  const words = {
    create: "created",
    update: "changed",
    replace: "replaced",
    delete: "deleted",
    import: "imported",
    read: "read",
  };
  return op === "forget" ? "let go, and stays" : words[op];
}

/** What happens to an image, without its reasons. */
export function imageSentence(ink: Ink, image: ImageChange): string {
  const { before, after } = image.version;
  const from = before === undefined ? "" : ` ${ink.value(before)}`;
  const to = after === undefined || after === before ? "" : `${before === undefined ? "" : " →"} ${ink.value(after)}`;
  const rebuilt = image.reasons.length > 0 ? "rebuilt" : opWord(image.op);
  const verb = image.op === "delete" || image.op === "forget" ? "let go: ICA keeps it" : rebuilt;
  return `Image ${ink.value(image.resource.name)}${from}${to} is ${verb}`;
}

/** Size, upload and regions of an image, each a sentence. */
export function imageFacts(ink: Ink, { archiveBytes, upload, regions, op }: ImageChange): string[] {
  if (op === "delete" || op === "forget") {
    return [];
  }
  const last = archiveBytes === undefined ? "" : ` The last archive had ${bytesText(archiveBytes)}.`;
  const uploads = {
    expected: `An upload is expected.${last}`,
    none: op === "update" ? "" : "ICA has this version already: nothing is uploaded.",
    unknown: `An upload is expected, unless ICA has this version already.${last}`,
  };
  const list = (codes: readonly string[]) => codes.map((code) => ink.value(code)).join(", ");
  const same = regions.before.join("\0") === regions.after.join("\0");
  const where =
    same || regions.before.length === 0 ? list(regions.after) : `${list(regions.before)} → ${list(regions.after)}`;
  return [uploads[upload], regions.after.length === 0 ? "" : `Regions: ${where}.`].filter((text) => text !== "");
}

export function reasonWords(ink: Ink, reason: RebuildReason): string {
  switch (reason.kind) {
    case "from": {
      const { before, after } = reason;
      const file = ink.word("Dockerfile");
      if (after === undefined) {
        return `${file}: ${ink.value(`FROM ${before ?? ""}`)} removed`;
      }
      if (before === undefined) {
        return `${file}: ${ink.value(`FROM ${after}`)} added`;
      }
      return `${file}: ${ink.value(`FROM ${before}`)} is now ${ink.value(`FROM ${after}`)}`;
    }
    case "dockerfile":
      return `${ink.word("Dockerfile")} changed`;
    case "path": {
      const { path, what, files } = reason;
      const count = files === undefined ? "" : ` (${plural(files, "file")})`;
      if (path === "") {
        return reason.directly ? "files at the top of the context changed" : "files of the context changed";
      }
      const isFolder = path.endsWith("/") && what === "changed";
      return isFolder ? `files in ${ink.value(path)} changed` : `${ink.value(path)} ${what}${count}`;
    }
    case "declared":
      return `${ink.value(reason.field)} ${reason.what}`;
    case "localImage":
      return `the local image has the content ${ink.value(reason.after.slice(0, 12))}, and had ${ink.value(reason.before.slice(0, 12))}`;
    case "source":
      return {
        build: "build replaces image",
        image: "image replaces build",
        other: "its source changed",
      }[reason.now];
    case "unrecorded":
      return "its content changed, in a part of which the state has no record";
    case "noRecord":
      return "which files changed is unknown: the state has no record of them";
    case "notHere":
      return "its files are not on this machine, so what changed is unknown";
    case "more":
      return `${reason.count} more`;
  }
}
