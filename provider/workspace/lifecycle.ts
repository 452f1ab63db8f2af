import type { Context } from "../context";
import { errorMessage } from "../error-message";
import { IcaError } from "../ica/transport/error";
import type { Workspace } from "../ica/workspaces";
import { formatDuration } from "../inputs/duration";
import { poll } from "../poll";
import { stillPresent, type WorkspaceRef } from "./presence";
import { runStateOf } from "./state";

/** Start, stop and the waits between them. */

/** A workspace that ended up in a state it was not asked for. */
export class LifecycleError extends Error {
  override readonly name = "LifecycleError";
}

/** How often a start or a stop is asked for when the workspace does not move. */
const tries = 3;
/** Milliseconds after which a workspace that has not moved is asked once more: the first call may have been lost. */
const takesMs = 15_000;

/**
 * Starts it if need be and waits until it runs. Safe to call in any state.
 *
 * @param deadline milliseconds since 1970 at which the wait is given up: one for all waits of a create, update or delete
 */
export async function ensureRunning(context: Context, place: WorkspaceRef, deadline: number): Promise<Workspace> {
  const { client, log } = context;
  const start = asking(context, `start workspace "${place.name}"`, () => {
    log.info("starting the workspace");
    return client.workspaces.start(place.projectId, place.workspaceId);
  });
  /** How it was when the start was asked for; undefined: it has left that state since. */
  let before: Workspace | undefined;
  return wait(context, place, deadline, "Running", async (live) => {
    const { status, statusMessage } = live;
    if (status === "Running") return true;
    if (before?.status !== status || before.statusMessage !== statusMessage) before = undefined;
    // What failed before the start says nothing of it, until it has had its time.
    if (status === "Failed" && start.asked && (before === undefined || start.taken)) {
      throw new LifecycleError(
        `workspace "${place.name}" failed to start${statusMessage ? `: ${statusMessage}` : ""}. Its log on the Bench page may say more; ` +
          "most often the image's /usr/local/bin/ica_start.sh is missing, not executable for user 1000, or ends by itself.",
      );
    }
    if (!start.asked) before = live;
    if (status === "Stopped" || status === "Failed") await start.ask();
    return false;
  });
}

/** Stops it if need be and waits until it is stopped, until `deadline` as {@link ensureRunning}. Safe to call in any state. */
export async function ensureStopped(context: Context, place: WorkspaceRef, deadline: number): Promise<Workspace> {
  const { client, log } = context;
  const stop = asking(context, `stop workspace "${place.name}"`, () => {
    log.info("stopping the workspace: its main process gets TERM and has 30 s");
    return client.workspaces.stop(place.projectId, place.workspaceId);
  });
  return wait(context, place, deadline, "Stopped", async ({ status }) => {
    if (status === "Stopped") return true;
    // A word that is not known may be one of its way to a stop: it is asked once, and then waited for.
    const known = runStateOf(status) === "running" || status === "Failed";
    if (status !== "Stopping" && (known || !stop.asked)) await stop.ask();
    return false;
  });
}

/** After a change that came to nothing, a workspace that ran is started again; the change's own error is what counts. */
export async function startAgain({ client, log }: Context, place: WorkspaceRef): Promise<void> {
  log.info("starting the workspace again, as it was before");
  try {
    await client.workspaces.start(place.projectId, place.workspaceId);
  } catch (error) {
    log.warn(`stopped for the change, and could not be started again: ${errorMessage(error)}`);
  }
}

/**
 * Asks ICA for something, and again after a while if it is still wanted then, but not for ever. A 409 says that the
 * workspace moved on in the meantime, and a lost answer may have done its work: both are settled by the next look.
 */
function asking({ clock, log }: Context, what: string, action: () => Promise<void>) {
  let times = 0;
  let at = 0;
  let refused: IcaError | undefined;
  return {
    get asked() {
      return times > 0;
    },
    /** ICA has said yes, and has had the time to act on it. */
    get taken() {
      return times > 0 && refused === undefined && clock.now() - at > takesMs;
    },
    async ask(): Promise<void> {
      if (times > 0 && clock.now() - at <= takesMs) return;
      if (times >= tries) {
        const why = refused === undefined ? `ICA accepted it ${times} times, and nothing happened` : refused.message;
        throw new LifecycleError(`cannot ${what}: ${why}`, { cause: refused });
      }
      times++;
      refused = undefined;
      try {
        await action();
      } catch (error) {
        if (!(error instanceof IcaError) || !(error.status === 409 || error.isAmbiguous)) throw error;
        refused = error;
        if (error.status !== 409) log.warn(error.message);
      }
      at = clock.now();
    },
  };
}

async function wait(
  context: Context,
  place: WorkspaceRef,
  deadline: number,
  goal: string,
  done: (workspace: Workspace) => Promise<boolean>,
): Promise<Workspace> {
  const { clock, log, signal } = context;
  return poll({
    clock,
    signal,
    timeoutMs: Math.max(0, deadline - clock.now()),
    look: () => stillPresent(context, place),
    done: async (workspace, elapsed) => {
      log.status(`waiting for ICA: ${workspace.status}, ${formatDuration(elapsed)}`);
      return done(workspace);
    },
    timedOut: (workspace, elapsed) =>
      `workspace "${place.name}" is ${workspace.status}, not ${goal}, after ${formatDuration(elapsed)}. It stays in the state, and the next ` +
      '"pulumi up" goes on waiting; a longer limit is set with timeouts.',
  });
}
