import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context";
import { errorMessage } from "../error-message";
import { IcaError } from "../ica/transport/error";
import type { MadeWorkspace, Workspace } from "../ica/workspaces";
import type { WorkspaceInputs } from "./inputs";
import { RefusedChange } from "./plan/refused-change";
import { awaitGone, lookUp } from "./presence";
import { describe, isDeleting, settingsOf } from "./state";

/** Adopts workspaces that existed before they were declared, or that ICA created although its response was lost. */

/**
 * Finds a workspace that an earlier, interrupted run of the same program made: same project, same name, same settings. A
 * workspace that ICA is deleting keeps its name until it is gone, so this waits for that until `deadline`.
 */
export async function findOwn(
  context: Context,
  inputs: WorkspaceInputs,
  deadline: number,
): Promise<Workspace | undefined> {
  const { projectId, name } = inputs;
  const found = await context.client.workspaces.findByName(projectId, name);
  if (found === undefined) {
    return undefined;
  }
  if (isDeleting(found)) {
    await awaitGone(context, { projectId, workspaceId: found.id, name }, deadline);
    return undefined;
  }
  if (isDeclared(found, inputs)) {
    context.log.info(`adopting the workspace that exists already with these settings (id ${found.id})`);
    return found;
  }
  throw new RefusedChange(
    `a workspace named "${inputs.name}" exists in this project with other settings (id ${found.id}). Declare existingId: "${found.id}" to adopt it, ` +
      "or another name to create a new one. If it is the one that this replaces, add the option deleteBeforeReplace: true.",
  );
}

/** Creates the workspace. If ICA's response is lost, this finds what ICA created. */
export async function createWorkspace(context: Context, inputs: WorkspaceInputs): Promise<MadeWorkspace> {
  const { workspaces } = context.client;
  const { projectId, name } = inputs;
  try {
    const made = await workspaces.create(projectId, settingsOf(inputs), randomUUID());
    context.log.info(`created, with id ${made.id}`);
    return made;
  } catch (error) {
    // Names are unique and this one was free, so a workspace with the name is the one requested. A 409 may answer a retry
    // while the first call is still running.
    const mayBeMade = error instanceof IcaError && (error.isAmbiguous || error.status === 409);
    const made = mayBeMade ? await workspaces.findByName(projectId, name).catch(() => undefined) : undefined;
    if (made === undefined || !isDeclared(made, inputs)) {
      throw error;
    }
    context.log.info(`created, though ICA's answer was another: ${errorMessage(error)}`);
    return { id: made.id, workspace: made };
  }
}

function isDeclared(live: Workspace, inputs: WorkspaceInputs): boolean {
  return isDeepStrictEqual(settingsOf(describe(live, inputs)), settingsOf(inputs));
}

export async function existingWorkspace(context: Context, id: string, inputs: WorkspaceInputs): Promise<Workspace> {
  const found = await lookUp(context, inputs.projectId, id);
  if (found === undefined) {
    throw new RefusedChange(`existingId: project ${inputs.projectId} has no workspace ${id}`);
  }
  context.log.info(`adopting the workspace with id ${id}`);
  return found;
}
