import type { Context } from "../context";
import { errorMessage } from "../error-message";
import { IcaError } from "../ica/transport/error";
import type { Workspace } from "../ica/workspaces";
import { formatDuration } from "../inputs/duration";
import { poll } from "../poll";
import { stillPresent, type WorkspaceRef } from "./presence";
import { runStateOf } from "./state";

/** Starts and stops workspaces, and waits for the result. */

/** A workspace ended in a state that was not requested. */
class LifecycleError extends Error {
  override readonly name = "LifecycleError";
}

/** How often to request a start or stop when the workspace does not move. */
const tries = 3;
/** Milliseconds before the request is repeated for a workspace that has not moved: the first call may have been lost. */
const takesMs = 15_000;

/**
 * Starts the workspace if needed and waits until it runs. Safe to call in any state.
 *
 * @param deadline milliseconds since 1970 at which the wait ends: one deadline for all waits of a create, update or delete
 */
export async function ensureRunning(context: Context, place: WorkspaceRef, deadline: number): Promise<Workspace> {
  const { client, log } = context;
  const start = asking(context, `start workspace "${place.name}"`, () => {
    log.info("starting the workspace");
    return client.workspaces.start(place.projectId, place.workspaceId);
  });
  /** The workspace when the start was requested; undefined once it has left that state. */
  let before: Workspace | undefined;
  return wait(context, place, deadline, "Running", async (live) => {
    const { status, statusMessage } = live;
    if (status === "Running") {
      return true;
    }
    if (before?.status !== status || before.statusMessage !== statusMessage) {
      before = undefined;
    }
    // Until ICA has had time to act on the start, Failed may describe an earlier failure.
    if (status === "Failed" && start.asked && (before === undefined || start.taken)) {
      throw new LifecycleError(
        `workspace "${place.name}" failed to start${statusMessage ? `: ${statusMessage}` : ""}. Its log on the Bench page may say more; ` +
          "most often the image's /usr/local/bin/ica_start.sh is missing, not executable for user 1000, or ends by itself.",
      );
    }
    if (!start.asked) {
      before = live;
    }
    if (status === "Stopped" || status === "Failed") {
      await start.ask();
    }
    return false;
  });
}

/**
 * Stops the workspace if needed and waits until it is stopped, until `deadline` as in {@link ensureRunning}. Safe to call in
 * any state.
 */
export async function ensureStopped(context: Context, place: WorkspaceRef, deadline: number): Promise<Workspace> {
  const { client, log } = context;
  const stop = asking(context, `stop workspace "${place.name}"`, () => {
    log.info("stopping the workspace: its main process gets TERM and has 30 s");
    return client.workspaces.stop(place.projectId, place.workspaceId);
  });
  return wait(context, place, deadline, "Stopped", async ({ status }) => {
    if (status === "Stopped") {
      return true;
    }
    // An unknown status may lie on the way to a stop: request the stop once, then wait.
    const known = runStateOf(status) === "running" || status === "Failed";
    if (status !== "Stopping" && (known || !stop.asked)) {
      await stop.ask();
    }
    return false;
  });
}

/** Starts a workspace again after a failed change stopped it. Only the change's own error is reported. */
export async function startAgain({ client, log }: Context, place: WorkspaceRef): Promise<void> {
  log.info("starting the workspace again, as it was before");
  try {
    await client.workspaces.start(place.projectId, place.workspaceId);
  } catch (error) {
    log.warn(`stopped for the change, and could not be started again: ${errorMessage(error)}`);
  }
}

/**
 * Sends a request to ICA and repeats it after a while if it is still needed, a limited number of times. A 409 means that the
 * workspace has moved on. A call whose response was lost may have worked. In both cases the next look settles it.
 */
function asking({ clock, log }: Context, what: string, action: () => Promise<void>) {
  let times = 0;
  let at = 0;
  let refused: IcaError | undefined;
  return {
    get asked() {
      return times > 0;
    },
    /** ICA has accepted the request and has had time to act on it. */
    get taken() {
      return times > 0 && refused === undefined && clock.now() - at > takesMs;
    },
    async ask(): Promise<void> {
      if (times > 0 && clock.now() - at <= takesMs) {
        return;
      }
      if (times >= tries) {
        const why = refused === undefined ? `ICA accepted it ${times} times, and nothing happened` : refused.message;
        throw new LifecycleError(`cannot ${what}: ${why}`, { cause: refused });
      }
      times++;
      refused = undefined;
      try {
        await action();
      } catch (error) {
        const unsure = error instanceof IcaError && (error.status === 409 || error.isAmbiguous);
        if (!unsure || error.kind === "aborted") {
          throw error;
        }
        refused = error;
        if (error.status !== 409) {
          log.warn(error.message);
        }
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
    what: `for workspace "${place.name}" to be ${goal}`,
    timeoutMs: Math.max(0, deadline - clock.now()),
    look: () => stillPresent(context, place),
    done: async (workspace, elapsed) => {
      log.status(`waiting for ICA: ${workspace.status}, ${formatDuration(elapsed)}`);
      return done(workspace);
    },
    timedOut: (workspace, elapsed) =>
      `workspace "${place.name}" is ${workspace.status}, not ${goal}, after ${formatDuration(elapsed)}. It stays in the state, and the next ` +
      '"pulumi up" continues to wait; a longer limit is set with timeouts.',
  });
}
