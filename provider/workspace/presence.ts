import type { Context } from "../context";
import { IcaError } from "../ica/transport/error";
import type { Workspace } from "../ica/workspaces";
import { formatDuration } from "../inputs/duration";
import { poll } from "../poll";
import { RefusedChange } from "./plan/refused-change";
import { isDeleting } from "./state";

/** A workspace, and its name for messages. */
export interface WorkspaceRef {
  readonly projectId: string;
  readonly workspaceId: string;
  readonly name: string;
  /** Receives what ICA answers about the workspace. */
  readonly saw?: (live: Workspace) => void;
}

/** Undefined when the workspace is gone or ICA is deleting it. */
export async function lookUp(
  context: Context,
  projectId: string,
  id: string,
  when: "now" | "recent" = "now",
): Promise<Workspace | undefined> {
  const live = await present(context, projectId, id, when);
  return live === undefined || isDeleting(live) ? undefined : live;
}

/**
 * Undefined when ICA no longer has the workspace: its own call answers 404 and the project's list lacks it. One wrong 404
 * must not cost a workspace, and a wrong address must not empty a stack. So if the list cannot be read, this throws. A
 * workspace that only the list has counts as present.
 */
export async function present(
  context: Context,
  projectId: string,
  id: string,
  when: "now" | "recent" = "now",
): Promise<Workspace | undefined> {
  const { workspaceReads } = context.client;
  try {
    return await workspaceReads[when](projectId, id);
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isNotFound) {
      throw error;
    }
    const listed = await workspaceReads.listed(projectId, id);
    if (listed === undefined) {
      return undefined;
    }
    if (listed.workspace !== undefined) {
      return listed.workspace;
    }
    throw new Contradiction(
      `ICA contradicts itself: ${error.call} answered 404, and the project's list has workspace "${listed.name}" (${id}), in a form that ` +
        "pulumi-ica does not know. It counts as there. Run the same command again; if that does not help, look at it on the Bench page.",
      { cause: error },
    );
  }
}

/** ICA's responses contradict each other. */
class Contradiction extends Error {
  override readonly name = "Contradiction";
}

/** The workspace was deleted while it was being changed. */
export class WorkspaceGone extends RefusedChange {
  constructor(place: WorkspaceRef, options?: ErrorOptions) {
    super(
      `workspace "${place.name}" (${place.workspaceId}) was deleted by another user at the same time. "pulumi up --refresh" makes a new one`,
      options,
    );
  }
}

/** The same, but for a workspace that is being changed: throws when it is gone. */
export async function stillPresent(context: Context, place: WorkspaceRef): Promise<Workspace> {
  const live = await present(context, place.projectId, place.workspaceId);
  if (live === undefined) {
    throw new WorkspaceGone(place);
  }
  place.saw?.(live);
  return live;
}

/** Waits until a deleted workspace is gone: ICA may delete it some time after it accepts the call (W7). */
export async function awaitGone(context: Context, place: WorkspaceRef, deadline: number): Promise<void> {
  const { clock, log, signal } = context;
  await poll({
    clock,
    signal,
    what: `for the deletion of workspace "${place.name}"`,
    timeoutMs: Math.max(0, deadline - clock.now()),
    look: () => present(context, place.projectId, place.workspaceId),
    done: (live, elapsed) => {
      if (live !== undefined) {
        log.status(`waiting for ICA: ${live.status}, ${formatDuration(elapsed)}`);
      }
      return live === undefined || isDeleted(live);
    },
    timedOut: (live, elapsed) =>
      `workspace "${place.name}" is ${live?.status ?? "gone"} ${formatDuration(elapsed)} after its deletion was asked for. It stays in the state, and the ` +
      "next run continues to wait; a longer limit is set with timeouts.",
  });
}

function isDeleted({ status }: Workspace): boolean {
  return /^deleted$/i.test(status);
}
