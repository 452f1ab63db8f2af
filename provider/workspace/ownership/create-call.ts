import type { Context } from "../../context";
import { errorMessage } from "../../error-message";
import { IcaError } from "../../ica/transport/error";
import type { MadeWorkspace, Workspace } from "../../ica/workspaces";
import type { WorkspaceInputs } from "../inputs";
import { settingsOf } from "../state";
import { isDeclared } from "./declared";
import { notProven } from "./not-ours";

/** Milliseconds before the call is sent again after a 409: the first call with its key may still run. */
const pausesMs = [1000, 2000, 4000] as const;

/** What is known before the call. */
export interface Around {
  /** The workspace that has the name. */
  readonly there: Workspace | undefined;
  /** The ids that ICA answered to other keys of the same owner. */
  readonly own: Set<string>;
}

/**
 * Sends the create call with this key until its answer is clear. ICA's answer is the workspace that was made with the key, now or
 * before. A 409 can mean that the first call with the key still runs, or that the name is taken: only another call can tell.
 */
export async function createWith(
  key: string,
  context: Context,
  inputs: WorkspaceInputs,
  { there, own }: Around,
): Promise<MadeWorkspace> {
  const { client, clock, log, signal } = context;
  const { projectId, name } = inputs;
  let unanswered = 0;
  for (let pauses = 0; ; pauses++) {
    try {
      return await client.workspaces.create(projectId, settingsOf(inputs), key);
    } catch (error) {
      if (!(error instanceof IcaError) || !(error.isAmbiguous || error.status === 409)) {
        // 422: ICA knows the key, with another body.
        const isOther = error instanceof IcaError && error.status === 422 && there !== undefined;
        throw isOther ? notProven(context, there, error) : error;
      }
      const now = await client.workspaces.findByName(projectId, name).catch(() => undefined);
      if (now !== undefined && !isDeclared(now, inputs)) {
        throw error;
      }
      // ICA answered this id before, and a look at it said, too early or wrongly, that it is gone.
      if (now !== undefined && own.has(now.id)) {
        return { id: now.id, workspace: now };
      }
      if (error.isAmbiguous) {
        if (now === undefined || there !== undefined) {
          throw error;
        }
        // The name was free right before this call, and now a workspace has it, with all the settings that were asked for.
        if (++unanswered > 1) {
          log.info(`created, though ICA's answer was another: ${errorMessage(error)}`);
          return { id: now.id, workspace: now };
        }
        continue;
      }
      const pauseMs = pausesMs[pauses];
      if (pauseMs === undefined) {
        throw now === undefined ? error : notProven(context, now, error);
      }
      await clock.sleep(pauseMs, signal);
    }
  }
}
