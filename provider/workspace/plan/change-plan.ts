import type { Workspace } from "../../ica/workspaces";
import { isKnown, type Maybe, type MaybeWithin, unknownValue } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";
import { type DescribedWorkspace, describe, isDeleting, isDown, isUp, runStateOf } from "../state";
import { changesBetween, type FieldChange, rulesOf } from "./changes";
import { diskRefusal, replacementOfGoneRefusal, replacementRefusal, restartRefusal, unknownRefusal } from "./refusals";

/** What the stack knows of a workspace. A check knows only the inputs. */
export type KnownWorkspace = DescribedWorkspace & {
  readonly workspaceId?: string | undefined;
  /** What ICA reported when this stack looked last. */
  readonly status?: string | undefined;
  /** An earlier run stopped the workspace for a change that failed, and it has to run again. */
  readonly restarting?: true | undefined;
};

/** The workspace as ICA reports it now; undefined when it is gone. */
export type LiveWorkspace = Workspace | undefined | "not looked at";

type ChangeAction =
  /** Nothing is written to ICA. */
  | "none"
  | "update in place"
  /** Nothing but changes that wait until people have stopped the workspace. */
  | "defer"
  /** Stop, change, start: people in the workspace are disconnected. */
  | "restart"
  /** The workspace ends up stopped, and is changed then. */
  | "stop then change"
  | "start"
  | "stop"
  /** A new workspace takes the place of this one. */
  | "replace"
  /** There is no workspace to change; a refresh removes it from the state. */
  | "gone"
  /** An earlier run stopped the workspace for a change that failed; it is started again. */
  | "finish restart"
  /** The workspace is on its way to the declared run state. */
  | "wait";

/** `perhaps`: it depends on a value that is not known yet, or on a workspace that was not looked at. */
type Likelihood = "no" | "perhaps" | "yes";

export interface PlannedChange extends FieldChange {
  /** False when the declared value is not known yet, so that it may turn out to be no change. */
  readonly known: boolean;
  /** True when ICA has the declared value already, so that nothing is written for it. */
  readonly done: boolean;
}

/** Why a change is refused, and the field that causes it. */
interface Refusal {
  readonly field: keyof WorkspaceInputs;
  readonly reason: string;
}

/** A refusal that comes only with `pulumi up`. `certain`: unless ICA's workspace changes before. */
export interface LaterRefusal extends Refusal {
  readonly certain: boolean;
}

/** What a change of a workspace means: a preview prints it, and `pulumi up` does it. */
export interface ChangePlan {
  /** The fields that differ, each with its effect. */
  readonly changes: readonly PlannedChange[];
  /** The changes that wait until people have stopped the workspace (`whileRunning: "defer"`). */
  readonly deferred: readonly PlannedChange[];
  /** The one thing that matters most. An unknown value counts as a change, but never as a replacement. */
  readonly action: ChangeAction;
  /** False when the action depends on values that are not known yet. */
  readonly certain: boolean;
  /** Whether ICA has the workspace. */
  readonly presence: "there" | "gone" | "not looked at";
  /** ICA's word for the state of the workspace, now or when the stack looked last; undefined when unknown or gone. */
  readonly status: string | undefined;
  /** Whether the workspace's /data is lost. */
  readonly losesData: Likelihood;
  /** Whether people who may be working in the workspace are disconnected. */
  readonly disconnects: Likelihood;
  /** Whether `pulumi up` writes settings to ICA. */
  readonly writes: boolean;
  /** Whether the workspace has to be stopped, or has to finish stopping, before its settings are written. */
  readonly stopsFirst: boolean;
  /** The run state that `pulumi up` brings about in the end. `as now`: none. */
  readonly runsAfter: "running" | "stopped" | "as now" | "unknown";
  /** Whether the workspace has to run again after a failure halfway, although no run state may be declared. */
  readonly mustRunAgain: boolean;
  /** What the preview refuses already. */
  readonly refusals: readonly Refusal[];
  /** What `pulumi up` refuses, or may refuse, although the preview passes. */
  readonly laterRefusals: readonly LaterRefusal[];
}

/**
 * Decides what a change of a workspace does. Calls nothing. `state` is what the stack knew, `next` what the program declares
 * (in a preview perhaps with unknown values), `live` what ICA has. A workspace that was not looked at counts as it was seen
 * last, and as running if the stack does not know its status.
 */
export function planChange(live: LiveWorkspace, state: KnownWorkspace, next: MaybeWithin<WorkspaceInputs>): ChangePlan {
  const seen = live === "not looked at" || live === undefined || isDeleting(live) ? undefined : live;
  const presence = live === "not looked at" ? live : seen === undefined ? "gone" : "there";
  const before = { ...state, workspaceId: state.workspaceId ?? seen?.id };
  const unlike = seen === undefined ? [] : changesBetween(describe(seen, next), next);
  const isDone = ({ field, effect }: FieldChange) =>
    seen !== undefined &&
    (effect === "restart" || effect === "in place") &&
    !unlike.some((difference) => difference.field === field);
  const changes = changesBetween(before, next).map((change) => ({
    ...change,
    known: isKnown(next[change.field]),
    done: isDone(change),
  }));
  const open = changes.filter(({ done }) => !done);
  const known = open.filter((change) => change.known);
  const status = presence === "gone" ? undefined : (seen?.status ?? state.status);

  const resumes = state.restarting === true && next.desiredState === undefined;
  const situation: Situation = { presence, status, resumes, next };
  const worst = decide(open, situation);
  const sure = decide(known, situation);
  const refusals = refusalsOf(known, situation, state.name);
  const mayBeReplaced = changes.some(mayReplace(situation));
  const isOpen = mayBeReplaced || !isKnown(next.desiredState);
  const isSeen = presence === "there" || (presence === "not looked at" && status !== undefined);
  return {
    changes,
    deferred: worst.deferred,
    action: worst.action,
    certain: worst.action === sure.action && !isOpen,
    presence,
    status,
    losesData: likelihood(sure.losesData && isSeen, sure.losesData || mayBeReplaced),
    disconnects: likelihood(sure.disconnects && isSeen, worst.disconnects || (isOpen && isUpIn(situation))),
    writes: worst.writes,
    stopsFirst: worst.stopsFirst,
    runsAfter: worst.runsAfter,
    mustRunAgain: (worst.mustRunAgain && refusals.length === 0) || resumes,
    refusals,
    laterRefusals: [...laterRefusals(open, refusals, situation), ...driftRefusals(unlike, open, situation, seen)],
  };
}

/** What a decision depends on besides the changes. */
interface Situation {
  readonly presence: ChangePlan["presence"];
  readonly status: string | undefined;
  /** An earlier run stopped the workspace, and no run state is declared that would settle whether it runs. */
  readonly resumes: boolean;
  readonly next: MaybeWithin<WorkspaceInputs>;
}

type Decision = Pick<ChangePlan, "action" | "deferred" | "writes" | "stopsFirst" | "runsAfter" | "mustRunAgain"> & {
  readonly losesData: boolean;
  readonly disconnects: boolean;
};

function decide(changes: readonly PlannedChange[], situation: Situation): Decision {
  const { presence, status, resumes, next } = situation;
  const desired = isKnown(next.desiredState) ? next.desiredState : "unknown";
  const up = isUpIn(situation);
  const deferred = defersIn(situation) ? changes.filter(({ effect }) => effect === "restart") : [];
  const needsStop = deferred.length === 0 && changes.some(({ effect }) => effect === "restart");
  const stopsFirst = needsStop && presence !== "gone" && (status === undefined || !isDown(status));
  const restarts = stopsFirst && up && desired !== "stopped";
  const plain = {
    deferred,
    writes: needsStop || changes.some(({ effect }) => effect === "in place"),
    stopsFirst,
    runsAfter: desired ?? (restarts || resumes ? "running" : "as now"),
    mustRunAgain: restarts || resumes,
    losesData: false,
    disconnects: restarts || (up && desired === "stopped"),
  } as const;
  const untouched = {
    ...plain,
    deferred: [],
    writes: false,
    stopsFirst: false,
    runsAfter: "as now",
    mustRunAgain: resumes,
  } as const;

  if (isReplaced(changes)) {
    return { ...untouched, action: "replace", losesData: presence !== "gone", disconnects: up };
  }
  if (presence === "gone") {
    return { ...untouched, action: "gone", disconnects: false };
  }
  if (restarts) {
    return { ...plain, action: "restart" };
  }
  if (stopsFirst && desired !== "running") {
    return { ...plain, action: "stop then change" };
  }
  if (resumes) {
    return { ...plain, action: "finish restart" };
  }
  const runStateAction = towards(desired, changes, status);
  if (runStateAction !== undefined) {
    return { ...plain, action: runStateAction };
  }
  return { ...plain, action: plain.writes ? "update in place" : deferred.length > 0 ? "defer" : "none" };
}

/** What brings the workspace to the declared run state; undefined when it is there. */
function towards(
  desired: string | undefined,
  changes: readonly PlannedChange[],
  status: string | undefined,
): "start" | "stop" | "wait" | undefined {
  if (desired !== "running" && desired !== "stopped") {
    return undefined;
  }
  const act = desired === "running" ? "start" : "stop";
  if (status === undefined) {
    return changes.some(({ effect }) => effect === "run state") ? act : undefined;
  }
  if (status === (desired === "running" ? "Running" : "Stopped")) {
    return undefined;
  }
  if (runStateOf(status) === desired) {
    return "wait";
  }
  // A workspace in an unknown state is asked to stop, but waited for until it runs.
  const canStart = isDown(status) || status === "Stopping";
  return act === "stop" || canStart ? act : "wait";
}

/** Refusals for values that are known, as far as the preview can see. */
function refusalsOf(known: readonly PlannedChange[], situation: Situation, name: string): Refusal[] {
  const { presence, next } = situation;
  const replacing = known.filter(({ effect }) => effect === "replace");
  if (replacing.length > 0) {
    if (next.allowDataLoss) {
      return [];
    }
    const refusal = presence === "gone" ? replacementOfGoneRefusal : replacementRefusal;
    return replacing.map((change) => ({ field: change.field, reason: refusal(name, change) }));
  }
  const mayStop = next.desiredState === "stopped" || !isKnown(next.desiredState);
  if (whileRunningOf(next) !== "refuse" || mayStop || !isUpIn(situation)) {
    return [];
  }
  return known
    .filter(({ effect }) => effect === "restart")
    .map((change) => ({ field: change.field, reason: restartRefusal(name, [change]) }));
}

/** What only `pulumi up` can refuse, since it depends on values that are not known yet. */
function laterRefusals(
  changes: readonly PlannedChange[],
  refusals: readonly Refusal[],
  situation: Situation,
): LaterRefusal[] {
  const later: LaterRefusal[] = [];
  for (const change of changes) {
    const { field, known, effect } = change;
    if (refusals.some((refusal) => refusal.field === field)) {
      continue;
    }
    const replaces = known ? effect === "replace" : mayReplace(situation)(change);
    if (replaces && situation.next.allowDataLoss !== true) {
      later.push({ field, reason: unknownRefusal(change, "allowDataLoss"), certain: false });
    } else if (effect === "restart" && needsPermission(changes, situation)) {
      later.push({ field, reason: unknownRefusal(change, "allowRestart"), certain: false });
    }
  }
  return situation.presence === "gone" ? [] : later;
}

/** What `pulumi up` refuses to put back: it differs in ICA, and the stack does not know. */
function driftRefusals(
  unlike: readonly FieldChange[],
  changes: readonly PlannedChange[],
  situation: Situation,
  seen: Workspace | undefined,
): LaterRefusal[] {
  const { next } = situation;
  if (seen === undefined || isReplaced(changes)) {
    return [];
  }
  const declaredGb = isKnown(next.storageGb) ? next.storageGb : seen.storageSizeInGb;
  const drift = unlike.filter(({ field }) => isKnown(next[field]));
  const disk = drift
    .filter(({ effect }) => effect === "replace")
    .map(({ field }) => ({
      field,
      reason: diskRefusal(seen.name, seen.storageSizeInGb, declaredGb),
      certain: true,
    }));
  if (!needsPermission(changes, situation)) {
    return disk;
  }
  const certain = isKnown([whileRunningOf(next), next.desiredState]);
  return drift
    .filter(({ field, effect }) => effect === "restart" && !changes.some((change) => change.field === field))
    .map((change) => ({ field: change.field, reason: restartRefusal(seen.name, [change]), certain }))
    .concat(disk);
}

function isReplaced(changes: readonly PlannedChange[]): boolean {
  return changes.some(({ effect, known }) => effect === "replace" && known);
}

/** Whether a restart needs a permission that is not known to be given. */
function needsPermission(changes: readonly PlannedChange[], situation: Situation): boolean {
  const isRefused = [unknownValue, "refuse"].includes(whileRunningOf(situation.next));
  return !isReplaced(changes) && isUpIn(situation) && isRefused && situation.next.desiredState !== "stopped";
}

/** What a change that needs a restart does to a workspace in which people may be working. */
function whileRunningOf({ whileRunning, allowRestart }: MaybeWithin<WorkspaceInputs>): Maybe<WhileRunning> {
  if (whileRunning !== undefined) {
    return whileRunning;
  }
  return isKnown(allowRestart) ? (allowRestart ? "restart" : "refuse") : unknownValue;
}

type WhileRunning = NonNullable<WorkspaceInputs["whileRunning"]>;

/** Whether changes that need a restart wait. One that the same change stops is changed then. */
function defersIn(situation: Situation): boolean {
  const { next } = situation;
  return whileRunningOf(next) === "defer" && isUpIn(situation) && next.desiredState !== "stopped";
}

/** Whether an unknown value may turn out to need a replacement. */
function mayReplace({ presence }: Situation): (change: PlannedChange) => boolean {
  return ({ field, known }) =>
    presence !== "gone" && !known && rulesOf(field).some(({ effect }) => effect === "replace");
}

/** Whether people may be working in the workspace. An unknown status counts as running. */
function isUpIn({ presence, status }: Situation): boolean {
  return presence !== "gone" && (status === undefined || isUp(status));
}

function likelihood(sure: boolean, possible: boolean): Likelihood {
  if (sure) {
    return "yes";
  }
  return possible ? "perhaps" : "no";
}
