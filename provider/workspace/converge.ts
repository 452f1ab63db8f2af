import { isDeepStrictEqual } from "node:util";
import { comesOfCancel } from "../cancelled";
import type { Context } from "../context";
import { errorMessage, withoutFullStop } from "../error-message";
import { PartialError } from "../handler";
import { IcaError } from "../ica/transport/error";
import type { Workspace } from "../ica/workspaces";
import type { WorkspaceInputs } from "./inputs";
import { ensureRunning, ensureStopped, startAgain } from "./lifecycle";
import { type ChangePlan, planChange } from "./plan/change-plan";
import { inIca, type Pending, pendingOf, withPending } from "./plan/pending";
import { diskRefusal, restartRefusal } from "./plan/refusals";
import { RefusedChange } from "./plan/refused-change";
import { present, stillPresent, WorkspaceGone, type WorkspaceRef } from "./presence";
import { deferredMessage } from "./preview/messages";
import { describe, isUp, keeping, settingsOf, stateOf, type WorkspaceState, withAdoption } from "./state";

/** A step failed in a change after which the workspace has to run. `cause` is the error to report. */
class MustRunAgain extends Error {
  override readonly name = "MustRunAgain";
  constructor(override readonly cause: unknown) {
    super("the workspace has to run again", { cause });
  }
}

/** What an update finds: the workspace as ICA has it, and whether an earlier run left a restart unfinished. */
export interface Found {
  readonly live: Workspace;
  readonly restarting?: true | undefined;
}

/** What an update comes to. */
interface Converged {
  readonly live: Workspace;
  /** The declared values that wait until the workspace is stopped. */
  readonly pending: Pending;
}

/** Changes a workspace from its current state to the declared one, until `deadline` (milliseconds since 1970). */
export async function converge(
  context: Context,
  place: WorkspaceRef,
  { live, restarting }: Found,
  inputs: WorkspaceInputs,
  deadline: number,
): Promise<Converged> {
  const plan = planChange(live, { ...stateOf(live, describe(live, inputs)), restarting }, inputs);
  try {
    refuse(plan, place, live, inputs);
    const pending = pendingOf(plan, inputs);
    const now = { ...inputs, ...inIca(live, inputs, pending) };
    const changed = await carryOut(context, place, plan, live, now, deadline);
    if (plan.deferred.length > 0) {
      context.log.warn(deferredMessage(plan));
    }
    return { live: changed, pending };
  } catch (error) {
    if (error instanceof StartedMeanwhile) {
      return converge(context, place, { live: error.live, restarting }, inputs, deadline);
    }
    throw plan.mustRunAgain ? new MustRunAgain(error) : error;
  }
}

/** Another user has started the workspace since it was stopped, or was seen stopped. Nothing has been written. */
class StartedMeanwhile extends Error {
  override readonly name = "StartedMeanwhile";
  constructor(readonly live: Workspace) {
    super("the workspace was started by another user at the same time");
  }
}

/** Throws when the declaration does not allow what the plan needs. Nothing has been written then. */
function refuse(plan: ChangePlan, place: WorkspaceRef, live: Workspace, inputs: WorkspaceInputs): void {
  if (plan.action === "replace") {
    throw new RefusedChange(diskRefusal(place.name, live.storageSizeInGb, inputs.storageGb));
  }
  const refused = new Set(plan.refusals.map(({ field }) => field));
  if (refused.size === 0) {
    return;
  }
  throw new RefusedChange(
    restartRefusal(
      place.name,
      plan.changes.filter(({ field }) => refused.has(field)),
    ),
  );
}

async function carryOut(
  context: Context,
  place: WorkspaceRef,
  plan: ChangePlan,
  live: Workspace,
  inputs: WorkspaceInputs,
  deadline: number,
): Promise<Workspace> {
  let current = live;
  if (plan.writes) {
    try {
      if (plan.stopsFirst) {
        await ensureStopped(context, place, deadline);
      }
      const needsStop = plan.changes.some((change) => change.effect === "restart" && !plan.deferred.includes(change));
      current = await write(context, place, { live, needsStop }, inputs);
    } catch (error) {
      // Nothing is sent once the run is cancelled: the state tells the next run to start it.
      if (plan.action === "restart" && !context.signal.aborted && !(error instanceof StartedMeanwhile)) {
        await startAgain(context, place);
      }
      throw error;
    }
    const written = plan.changes.filter(
      (change) => (change.effect === "in place" || change.effect === "restart") && !plan.deferred.includes(change),
    );
    context.log.info(`changed ${written.map(({ field }) => field).join(", ")}`);
  }
  if (plan.runsAfter === "running") {
    return ensureRunning(context, place, deadline);
  }
  if (plan.runsAfter === "stopped" && current.status !== "Stopped") {
    return ensureStopped(context, place, deadline);
  }
  return current;
}

/** Writes the declared settings, unless someone else has changed them since `live` was read. */
async function write(
  context: Context,
  place: WorkspaceRef,
  { live, needsStop }: { readonly live: Workspace; readonly needsStop: boolean },
  inputs: WorkspaceInputs,
): Promise<Workspace> {
  const { workspaces } = context.client;
  // Read again right before writing, so that the tag belongs to the version that this change is based on.
  const { workspace, etag } = await workspaces.get(place.projectId, place.workspaceId);
  if (!isDeepStrictEqual(settingsOf(describe(workspace, inputs)), settingsOf(describe(live, inputs)))) {
    throw new RefusedChange(
      `workspace "${place.name}" was changed by another user at the same time; nothing was overwritten. Run "pulumi preview --refresh" to see what changed`,
    );
  }
  place.saw?.(workspace);
  if (needsStop && isUp(workspace.status)) {
    throw new StartedMeanwhile(workspace);
  }
  const written = keeping(workspace, settingsOf(inputs));
  try {
    const now = await workspaces.update(place.projectId, place.workspaceId, written, etag);
    place.saw?.(now);
    return now;
  } catch (error) {
    // Started since the read above. ICA then changes nothing.
    const now = isConflict(error) && needsStop ? await stillPresent(context, place) : undefined;
    throw now !== undefined && isUp(now.status) ? new StartedMeanwhile(now) : error;
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof IcaError && error.status === 409;
}

/** How a resource keeps its workspace. */
export interface Kept {
  /** The adoption by which it holds the workspace, if it did not create it. */
  readonly adoption: string | undefined;
  /** The workspace may be another's: if the declaration does not allow to change it, the resource does not keep it. */
  readonly unlessRefused: boolean;
  /** What ICA has before the steps, if that is known. */
  readonly live: Workspace | undefined;
}

/** Runs the steps after the id is known. If one fails, the id and the known state are kept. */
export async function keepWorkspaceId(
  context: Context,
  place: WorkspaceRef,
  inputs: WorkspaceInputs,
  { adoption, unlessRefused, live }: Kept,
  steps: (place: WorkspaceRef) => Promise<Converged>,
): Promise<WorkspaceState> {
  let last = live;
  const saw = (now: Workspace) => {
    last = now;
  };
  try {
    const { live: now, pending } = await steps({ ...place, saw });
    return withAdoption(withPending(stateOf(now, { ...inputs, ...inIca(now, inputs, pending) }), pending), adoption);
  } catch (failure) {
    const error = failure instanceof MustRunAgain ? failure.cause : failure;
    // The adoption was refused before anything was written, so this stack must not delete the workspace.
    if (unlessRefused && error instanceof RefusedChange) {
      throw error;
    }
    const cancelled = comesOfCancel(error, context.signal);
    const down = cancelled && failure instanceof MustRunAgain ? "; the workspace may be stopped until then" : "";
    const message = `${down === "" ? errorMessage(error) : withoutFullStop(errorMessage(error))}${down}`;
    const seen = cancelled
      ? (last ?? "unreadable")
      : await present(context, place.projectId, place.workspaceId).catch((second: unknown) => {
          context.log.warn(`its state could not be read after the failure (${errorMessage(second)})`);
          return "unreadable" as const;
        });
    // The workspace has gone in the meantime, so there is no id to keep.
    if (seen === undefined) {
      throw vanished(place, error);
    }
    const state: WorkspaceState =
      seen === "unreadable"
        ? { ...inputs, workspaceId: place.workspaceId, status: "Unknown" }
        : stateOf(seen, describe(seen, inputs));
    const kept: WorkspaceState = failure instanceof MustRunAgain ? { ...state, restarting: true } : state;
    throw new PartialError(place.workspaceId, withAdoption(kept, adoption), message, { cause: error });
  }
}

/** The error to report when the workspace is gone: the original one, unless it only says that. */
function vanished(place: WorkspaceRef, error: unknown): unknown {
  if (!(error instanceof IcaError) || !error.isNotFound) {
    return error;
  }
  return new WorkspaceGone(place, { cause: error });
}
