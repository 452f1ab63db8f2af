import type { Context } from "../context";
import { formatDuration } from "../duration";
import { IcaError } from "../ica/error";
import type { Workspace } from "../ica/workspaces";
import { poll } from "../poll";
import type { Place } from "./lifecycle";

/** Undefined when it is gone, also when ICA is about to delete it. */
export async function lookUp(
  context: Context,
  projectId: string,
  id: string,
  when: "now" | "recent" = "now",
): Promise<Workspace | undefined> {
  const live = await present(context, projectId, id, when);
  return live === undefined || isDeleting(live) ? undefined : live;
}

/** Undefined when ICA has it no more. A 404 counts only from a server that does serve workspaces: a wrong address must not empty a stack. */
export async function present(
  context: Context,
  projectId: string,
  id: string,
  when: "now" | "recent" = "now",
): Promise<Workspace | undefined> {
  try {
    return await context.client.workspaceReads[when](projectId, id);
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isNotFound) throw error;
    await context.client.workspaces.confirmServed(projectId);
    return undefined;
  }
}

/** Waits until a workspace whose deletion was asked for is gone: ICA may delete it some time after it has said yes (W7). */
export async function awaitGone(context: Context, place: Place, deadline: number): Promise<void> {
  const { clock, log, signal } = context;
  await poll({
    clock,
    signal,
    timeoutMs: Math.max(0, deadline - clock.now()),
    look: () => present(context, place.projectId, place.workspaceId),
    done: (live, elapsed) => {
      if (live !== undefined) log.status(`waiting for ICA: ${live.status}, ${formatDuration(elapsed)}`);
      return live === undefined || isDeleted(live);
    },
    timedOut: (live, elapsed) =>
      `workspace "${place.name}" is ${live?.status ?? "gone"} ${formatDuration(elapsed)} after its deletion was asked for. It stays in the state, and the ` +
      "next run goes on waiting; a longer limit is set with timeouts.",
  });
}

/** Whether ICA itself says that it is deleted, or on its way there. The words are assumed (W7); for data and images they are documented. */
export function isDeleting({ status }: Workspace): boolean {
  return /^delet/i.test(status);
}

function isDeleted({ status }: Workspace): boolean {
  return /^deleted$/i.test(status);
}
