import type { Context } from "../../context";
import type { MadeWorkspace, Workspace } from "../../ica/workspaces";
import type { WorkspaceInputs } from "../inputs";
import { RefusedChange } from "../plan/refused-change";
import { awaitGone, lookUp, WorkspaceGone } from "../presence";
import { isDeleting, settingsOf } from "../state";
import { type Around, createWith } from "./create-call";
import { isDeclared } from "./declared";
import { isHeld } from "./held";
import { otherSettings } from "./not-ours";
import { creationKey } from "./owner";

/** Gives a new resource its workspace: created, or adopted if it is this stack's own. */

/** The workspace of a new resource. */
export interface Obtained {
  readonly id: string;
  /** It existed before, so that another resource of the state may hold it, too. */
  readonly adopted: boolean;
  /** As ICA has it, or the error of reading it and what the create call answered, if it answered more than an id. */
  readonly live:
    | { readonly workspace: Workspace }
    | { readonly unread: unknown; readonly answered: Workspace | undefined };
}

/**
 * How many workspaces with the same settings one owner may have created and lost within seven days, until it uses a key that proves
 * nothing: if the creation of a later one is interrupted, the next run refuses the workspace. Each costs three calls.
 */
const generations = 20;

/**
 * Creates the workspace, or finds the one that an interrupted run of this stack created. ICA answers a key that it knows with
 * the workspace that was made with it, so one call does both. A workspace of the declared name that is not proven to be
 * this stack's own is refused. One that ICA is deleting keeps its name, so this waits for that until `deadline`.
 */
export async function obtain(context: Context, inputs: WorkspaceInputs, deadline: number): Promise<Obtained> {
  const { projectId, name } = inputs;
  const there = await sameName(context, inputs, deadline);
  if (there !== undefined && isHeld(context, there.id)) {
    return adopted(context, there);
  }
  const around: Around = { there, own: new Set() };
  let id = "";
  for (let generation = 0; generation <= generations; generation++) {
    const owner = generation < generations ? context.urn : undefined;
    const key = creationKey(owner, projectId, settingsOf(inputs), generation);
    const made = await createWith(key, context, inputs, around);
    id = made.id;
    if (id === there?.id) {
      return adopted(context, there);
    }
    around.own.add(id);
    const live = await read(context, projectId, made);
    // The answer may be that of an earlier creation: of a workspace that is gone by now, or that has another name.
    if (live !== undefined && ("unread" in live || live.workspace.name === name)) {
      context.log.info(`created, with id ${id}`);
      if (there !== undefined) {
        context.log.warn(`ICA has two workspaces named "${name}" now. The other one (id ${there.id}) is untouched`);
      }
      return { id, adopted: false, live };
    }
  }
  throw new WorkspaceGone({ projectId, workspaceId: id, name });
}

/** The workspace that `existingId` names. */
export async function existing(context: Context, id: string, inputs: WorkspaceInputs): Promise<Obtained> {
  const found = await lookUp(context, inputs.projectId, id);
  if (found === undefined) {
    throw new RefusedChange(`existingId: project ${inputs.projectId} has no workspace ${id}`);
  }
  context.log.info(`adopting the workspace with id ${id}`);
  return { id, adopted: true, live: { workspace: found } };
}

function adopted(context: Context, workspace: Workspace): Obtained {
  context.log.info(`adopting the workspace that exists already with these settings (id ${workspace.id})`);
  return { id: workspace.id, adopted: true, live: { workspace } };
}

/** The workspace that has the declared name and settings. Throws when its settings are others. */
async function sameName(context: Context, inputs: WorkspaceInputs, deadline: number): Promise<Workspace | undefined> {
  const { projectId, name } = inputs;
  const found = await context.client.workspaces.findByName(projectId, name);
  if (found === undefined) {
    return undefined;
  }
  if (isDeleting(found)) {
    await awaitGone(context, { projectId, workspaceId: found.id, name }, deadline);
    return undefined;
  }
  if (!isDeclared(found, inputs)) {
    throw otherSettings(found);
  }
  return found;
}

async function read(context: Context, projectId: string, made: MadeWorkspace): Promise<Obtained["live"] | undefined> {
  try {
    const workspace = await lookUp(context, projectId, made.id);
    return workspace && { workspace };
  } catch (error) {
    return { unread: error, answered: made.workspace };
  }
}
