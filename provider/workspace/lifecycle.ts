import type { Context } from "../context.js";
import { formatDuration } from "../duration.js";
import { IcaError } from "../ica/error.js";
import type { Workspace } from "../ica/workspaces.js";
import { poll } from "../poll.js";

/** Start, stop and the waits between them. */

/** A workspace that ended up in a state it was not asked for. */
export class LifecycleError extends Error {
  override readonly name = "LifecycleError";
}

export interface Place {
  readonly projectId: string;
  readonly workspaceId: string;
  readonly name: string;
}

/** How often a start is asked for again when the workspace is still stopped a while after ICA accepted it. */
const startTries = 3;
/** Milliseconds after which a start that ICA accepted, with the workspace still stopped, is taken as not taken. */
const startTakesMs = 15_000;

/** Starts it if need be and waits until it runs. Safe to call in any state. */
export async function ensureRunning(context: Context, place: Place, timeoutMs: number): Promise<Workspace> {
  const { client, log, clock } = context;
  let tries = 0;
  let startedAt = 0;
  return wait(context, place, timeoutMs, "Running", async ({ status, statusMessage }) => {
    if (status === "Running") return true;
    if (status === "Failed" && tries > 0) {
      throw new LifecycleError(
        `workspace "${place.name}" failed to start${statusMessage ? `: ${statusMessage}` : ""}. Its log on the Bench page may say more; ` +
          "most often the image's /usr/local/bin/ica_start.sh is missing, not executable for user 1000, or ends by itself.",
      );
    }
    const restless = status === "Stopped" && (tries === 0 || clock.now() - startedAt > startTakesMs);
    if (restless || status === "Failed") {
      if (tries >= startTries)
        throw new LifecycleError(`workspace "${place.name}" is still stopped after ICA accepted ${tries} starts`);
      tries++;
      startedAt = clock.now();
      log.info(`starting workspace "${place.name}"${tries > 1 ? ` (once more, it was still stopped)` : ""}`);
      await unlessItMoved(() => client.workspaces.start(place.projectId, place.workspaceId));
    }
    return false;
  });
}

/** Stops it if need be and waits until it is stopped. Safe to call in any state. */
export async function ensureStopped(context: Context, place: Place, timeoutMs: number): Promise<Workspace> {
  const { client, log } = context;
  let asked = false;
  return wait(context, place, timeoutMs, "Stopped", async ({ status }) => {
    if (status === "Stopped") return true;
    if (!asked && status !== "Stopping") {
      asked = true;
      log.info(`stopping workspace "${place.name}": its main process gets TERM and has 30 s`);
      await unlessItMoved(() => client.workspaces.stop(place.projectId, place.workspaceId));
    }
    return false;
  });
}

async function wait(
  context: Context,
  place: Place,
  timeoutMs: number,
  goal: string,
  done: (workspace: Workspace) => Promise<boolean>,
): Promise<Workspace> {
  const { client, clock, log, signal } = context;
  return poll({
    clock,
    signal,
    timeoutMs,
    look: async () => (await client.workspaces.get(place.projectId, place.workspaceId)).workspace,
    done: async (workspace, elapsed) => {
      log.status(`workspace "${place.name}": ${workspace.status}, ${formatDuration(elapsed)}`);
      return done(workspace);
    },
    timedOut: (workspace, elapsed) =>
      `workspace "${place.name}" is ${workspace.status}, not ${goal}, after ${formatDuration(elapsed)}. It stays in the state, and the next ` +
      '"pulumi up" goes on waiting; a longer limit is set with timeouts.',
  });
}

/** A 409 says that the workspace moved on in the meantime; the next look tells where to. A lost answer is settled the same way. */
async function unlessItMoved(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof IcaError && (error.status === 409 || error.isAmbiguous)) return;
    throw error;
  }
}
