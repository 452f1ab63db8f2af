import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context";
import { errorMessage } from "../error-message";
import { PartialError } from "../handler";
import { IcaError } from "../ica/transport/error";
import type { Workspace } from "../ica/workspaces";
import { changesBetween } from "./changes";
import type { WorkspaceInputs } from "./inputs";
import { ensureRunning, ensureStopped, startAgain } from "./lifecycle";
import { present, WorkspaceGone, type WorkspaceRef } from "./presence";
import { needsRestart } from "./preview/restart-refusal";
import { RefusedChange } from "./refused-change";
import { describe, isDown, isUp, keeping, settingsOf, stateOf, type WorkspaceState } from "./state";

/** What the caller needs to know about a change that fails halfway. */
export interface Progress {
  /** The workspace has been or is about to be stopped for a restart, and has to run again. */
  restarting: boolean;
}

/** Changes a workspace from its current state to the declared one, until `deadline` (milliseconds since 1970). */
export async function converge(
  context: Context,
  place: WorkspaceRef,
  live: Workspace,
  inputs: WorkspaceInputs,
  deadline: number,
  progress: Progress,
): Promise<Workspace> {
  const changes = changesBetween({ ...describe(live, inputs), desiredState: inputs.desiredState }, inputs);
  let current = live;
  if (changes.some(({ effect }) => effect === "replace")) {
    throw new RefusedChange(
      `workspace "${place.name}" has a disk of ${live.storageSizeInGb} GB, and a disk cannot shrink to ${inputs.storageGb} GB`,
    );
  }
  if (changes.length > 0) {
    const mustStop = changes.some(({ effect }) => effect === "restart") && !isDown(live.status);
    const restart = mustStop && isUp(live.status) && inputs.desiredState !== "stopped";
    if (restart && !inputs.allowRestart) throw new RefusedChange(needsRestart(place.name, changes));
    if (restart) progress.restarting = true;
    try {
      if (mustStop) await ensureStopped(context, place, deadline);
      current = await write(context, place, live, inputs);
    } catch (error) {
      if (restart) await startAgain(context, place);
      throw error;
    }
    context.log.info(`changed ${changes.map(({ field }) => field).join(", ")}`);
  }
  if (inputs.desiredState === "running" || progress.restarting) return ensureRunning(context, place, deadline);
  if (inputs.desiredState === "stopped" && current.status !== "Stopped") return ensureStopped(context, place, deadline);
  return current;
}

/** Writes the declared settings, unless someone else has changed them since `live` was read. */
async function write(
  context: Context,
  place: WorkspaceRef,
  live: Workspace,
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
  return workspaces.update(place.projectId, place.workspaceId, keeping(workspace, settingsOf(inputs)), etag);
}

/** Runs the steps after the id is known. If one fails, the id and the known state are kept. */
export async function keepWorkspaceId(
  context: Context,
  place: WorkspaceRef,
  inputs: WorkspaceInputs,
  takesOver: boolean,
  progress: Progress,
  steps: () => Promise<Workspace>,
): Promise<WorkspaceState> {
  try {
    return stateOf(await steps(), inputs);
  } catch (error) {
    // The adoption was refused before anything was written, so this stack must not delete the workspace.
    if (takesOver && error instanceof RefusedChange) throw error;
    const message = errorMessage(error);
    const seen = await present(context, place.projectId, place.workspaceId).catch((second: unknown) => {
      context.log.warn(`its state could not be read after the failure (${errorMessage(second)})`);
      return "unreadable" as const;
    });
    // The workspace has gone in the meantime, so there is no id to keep.
    if (seen === undefined) throw vanished(place, error);
    const state: WorkspaceState =
      seen === "unreadable"
        ? {
            ...inputs,
            workspaceId: place.workspaceId,
            status: "Unknown",
            webUrl: undefined,
            consoleHost: undefined,
            consolePort: undefined,
          }
        : stateOf(seen, describe(seen, inputs));
    const kept: WorkspaceState = progress.restarting ? { ...state, restarting: true } : state;
    throw new PartialError(place.workspaceId, kept, message, { cause: error });
  }
}

/** The error to report when the workspace is gone: the original one, unless it only says that. */
function vanished(place: WorkspaceRef, error: unknown): unknown {
  if (!(error instanceof IcaError) || !error.isNotFound) return error;
  return new WorkspaceGone(place, { cause: error });
}
