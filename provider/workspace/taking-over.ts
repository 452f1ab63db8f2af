import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context";
import type { IcaClient } from "../ica/client";
import type { Workspace } from "../ica/workspaces";
import type { WorkspaceInputs } from "./inputs";
import { lookUp } from "./presence";
import { RefusedChange } from "./refused-change";
import { describe, settingsOf } from "./state";

/** Workspaces that were there before they were declared, or that a lost answer tells of. */

/** A workspace that an earlier, interrupted run of the same program made: same project, same name, same settings. */
export async function findOwn(context: Context, inputs: WorkspaceInputs): Promise<Workspace | undefined> {
  const found = await context.client.workspaces.findByName(inputs.projectId, inputs.name);
  if (found === undefined) return undefined;
  if (isDeepStrictEqual(settingsOf(describe(found, inputs)), settingsOf(inputs))) {
    context.log.info(`workspace "${inputs.name}" exists already with these settings, and is taken over`);
    return found;
  }
  throw new RefusedChange(
    `a workspace named "${inputs.name}" exists in this project with other settings (id ${found.id}). Declare existingId: "${found.id}" to take it over, ` +
      "or another name to make a new one. If it is the very one that this replaces, add the option deleteBeforeReplace: true.",
  );
}

/**
 * What this run took over. With `replaceOnChanges`, `pulumi up --replace` or a resource that was renamed without an alias, the engine
 * makes the new one first, which finds the old one under its name and takes it over; deleting "the old one" afterwards would
 * delete what is declared.
 */
export function takenOver(context: Context): Set<string> {
  const ids = takeovers.get(context.client) ?? new Set<string>();
  takeovers.set(context.client, ids);
  return ids;
}

const takeovers = new WeakMap<IcaClient, Set<string>>();

export async function existing(context: Context, id: string, inputs: WorkspaceInputs): Promise<Workspace> {
  const found = await lookUp(context, inputs.projectId, id);
  if (found === undefined) throw new RefusedChange(`existingId: project ${inputs.projectId} has no workspace ${id}`);
  context.log.info(`workspace "${found.name}" is taken over`);
  return found;
}
