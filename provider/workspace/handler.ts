import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context";
import { type Change, type CheckFailure, type Live, PartialError, type ResourceHandler } from "../handler";
import type { IcaClient } from "../ica/client";
import { IcaError } from "../ica/error";
import type { Workspace } from "../ica/workspaces";
import { timeoutMs } from "../inputs";
import { hasUnknown, isUnknown } from "../unknown";
import { wordsOf } from "../words";
import { announcement } from "./announcement";
import { changesBetween, type FieldChange } from "./changes";
import { beyondImage } from "./image-offer";
import { checkWorkspace, type WorkspaceInputs } from "./inputs";
import { ensureRunning, ensureStopped, type Place, startAgain } from "./lifecycle";
import { describe, inputsOf, keeping, runStateOf, settingsOf, stateOf, type WorkspaceState } from "./state";

/** Default limits for a step with all its waits; the vendor gives no figures for workspaces. */
const defaultTimeouts = { create: "20m", update: "20m", delete: "10m" } as const;

/** A change that would stop a running workspace, or lose its data, without the user's word that this is meant. */
export class RefusedChange extends Error {
  override readonly name = "RefusedChange";
}

/** A Bench workspace: create, start, stop, change, delete. */
export const workspaceHandler: ResourceHandler<WorkspaceInputs, WorkspaceState, Context> = {
  async check(context, args, old) {
    const { inputs, failures } = checkWorkspace(context.config, args);
    if (failures.length > 0) return { inputs, failures };
    const beyond = await beyondImage(context, inputs, old);
    return { inputs, failures: [...beyond, ...(old === undefined ? [] : await refusedChanges(context, old, inputs))] };
  },

  async diff(context, id, state, next): Promise<Change> {
    const changes = changesBetween(state, next);
    if (changes.length === 0) return { kind: "unchanged" };
    const because = changes
      .filter(({ effect, field }) => effect === "replace" && !hasUnknown(next[field]))
      .map(({ field }) => field);
    if (because.length === 0) {
      const restarts = changes.some(({ effect }) => effect === "restart");
      const live = restarts ? await lookUp(context, state.projectId, id) : undefined;
      for (const line of announcement(changes, next, live ?? state)) context.log.info(line);
      return { kind: "update", hidden: false };
    }
    context.log.warn(
      `workspace "${state.name}" is replaced because of ${because.join(", ")}: all that is in its /data is lost`,
    );
    // Names are unique in a project: the old workspace has to go before a new one can have its name.
    return { kind: "replace", because, deleteFirst: isUnknown(next.name) || next.name === state.name };
  },

  async create(context, inputs) {
    const deadline = context.clock.now() + timeoutMs(inputs.timeouts, "create", defaultTimeouts.create);
    const found =
      inputs.existingId === undefined
        ? await findOwn(context, inputs)
        : await existing(context, inputs.existingId, inputs);
    const live = found ?? (await context.client.workspaces.create(inputs.projectId, settingsOf(inputs), randomUUID()));
    if (found !== undefined) takenOver(context).add(found.id);
    if (found === undefined) context.log.info(`workspace "${live.name}" created`);
    const place = placeOf(live, inputs);
    return {
      id: live.id,
      state: await keepingId(context, place, inputs, inputs.existingId !== undefined, () =>
        converge(context, place, live, inputs, deadline),
      ),
    };
  },

  async read(context, id, state): Promise<Live<WorkspaceState> | undefined> {
    // Only this call of the engine decides nothing, so it may share a page of the list that is some seconds old.
    const live = await lookUp(context, state.projectId, id, "recent");
    if (live === undefined) return undefined;
    const described = describe(live, inputsOf(state));
    return { state: stateOf(live, described), inputs: described };
  },

  async update(context, id, state, next) {
    const deadline = context.clock.now() + timeoutMs(next.timeouts, "update", defaultTimeouts.update);
    const live = await lookUp(context, next.projectId, id);
    if (live === undefined) {
      throw new RefusedChange(
        `workspace "${next.name}" (${id}) does not exist any more. "pulumi refresh" takes note of that; "pulumi up" then makes a new one`,
      );
    }
    if (next.desiredState === undefined && state.status === "Running" && runStateOf(live.status) === "stopped") {
      context.log.warn(
        `workspace "${next.name}" ran when this stack last looked, and is stopped now. It stays stopped, since no desiredState is declared; ` +
          "if an interrupted restart stopped it, start it on the Bench page",
      );
    }
    const place = placeOf(live, next);
    return keepingId(context, place, next, false, () => converge(context, place, live, next, deadline));
  },

  async delete(context, id, state) {
    const { client, log } = context;
    const place: Place = { projectId: state.projectId, workspaceId: id, name: state.name };
    if (takenOver(context).has(id)) {
      log.warn(
        `workspace "${place.name}" was taken over a moment ago, by its own replacement or by a resource of another name in the program: ` +
          "it is kept, and so is its /data. To make it anew, set deleteBeforeReplace: true or another name",
      );
      return;
    }
    const deadline = context.clock.now() + timeoutMs(state.timeouts, "delete", defaultTimeouts.delete);
    // Outside of the tolerance below: a 404 of a wrong address must not count as a deletion.
    const live = await lookUp(context, state.projectId, id);
    if (live === undefined) return;
    try {
      if (live.status !== "Stopped" && live.status !== "Failed") await ensureStopped(context, place, deadline);
      await client.workspaces.delete(state.projectId, id);
      log.info(`workspace "${place.name}" deleted, and with it the ${live.storageSizeInGb} GB disk of its /data`);
    } catch (error) {
      if (error instanceof IcaError && error.isNotFound) return;
      throw error;
    }
  },
};

/** Brings a workspace from what it is to what is declared, until `deadline` (milliseconds since 1970). */
async function converge(
  context: Context,
  place: Place,
  live: Workspace,
  inputs: WorkspaceInputs,
  deadline: number,
): Promise<Workspace> {
  const changes = changesBetween({ ...describe(live, inputs), desiredState: inputs.desiredState }, inputs);
  const wasUp = runStateOf(live.status) === "running";
  let current = live;
  if (changes.some(({ effect }) => effect === "replace")) {
    throw new RefusedChange(
      `workspace "${place.name}" has a disk of ${live.storageSizeInGb} GB, and a disk cannot shrink to ${inputs.storageGb} GB`,
    );
  }
  if (changes.length > 0) {
    const mustStop =
      changes.some(({ effect }) => effect === "restart") && live.status !== "Stopped" && live.status !== "Failed";
    if (mustStop && wasUp && inputs.desiredState !== "stopped" && !inputs.allowRestart)
      throw new RefusedChange(needsRestart(place.name, changes));
    if (mustStop) await ensureStopped(context, place, deadline);
    try {
      current = await write(context, place, live, inputs);
    } catch (error) {
      if (mustStop && wasUp && inputs.desiredState !== "stopped") await startAgain(context, place);
      throw error;
    }
    context.log.info(`workspace "${place.name}": changed ${changes.map(({ field }) => field).join(", ")}`);
    if (mustStop && wasUp && inputs.desiredState === undefined) return ensureRunning(context, place, deadline);
  }
  if (inputs.desiredState === "running") return ensureRunning(context, place, deadline);
  if (inputs.desiredState === "stopped" && current.status !== "Stopped") return ensureStopped(context, place, deadline);
  return current;
}

/** Writes the declared settings, unless somebody else changed them since `live` was read. */
async function write(context: Context, place: Place, live: Workspace, inputs: WorkspaceInputs): Promise<Workspace> {
  const { workspaces } = context.client;
  // Read again right before writing: the tag must be that of the version this change is based on.
  const { workspace, etag } = await workspaces.get(place.projectId, place.workspaceId);
  if (!isDeepStrictEqual(settingsOf(describe(workspace, inputs)), settingsOf(describe(live, inputs)))) {
    throw new RefusedChange(
      `workspace "${place.name}" was changed by somebody else in this moment; nothing was overwritten. Run "pulumi preview --refresh" to see what changed`,
    );
  }
  return workspaces.update(place.projectId, place.workspaceId, keeping(workspace, settingsOf(inputs)), etag);
}

/** Runs the steps after the id is known: whatever fails, the id and what is known of the workspace are kept. */
async function keepingId(
  context: Context,
  place: Place,
  inputs: WorkspaceInputs,
  takesOver: boolean,
  steps: () => Promise<Workspace>,
): Promise<WorkspaceState> {
  try {
    return stateOf(await steps(), inputs);
  } catch (error) {
    // Taking over was refused before anything was written: the workspace is not this stack's to delete.
    if (takesOver && error instanceof RefusedChange) throw error;
    const message = wordsOf(error);
    const seen = await context.client.workspaces.get(place.projectId, place.workspaceId).catch((second: unknown) => {
      // It vanished meanwhile: there is no id to keep.
      if (second instanceof IcaError && second.isNotFound) throw vanished(place, error);
      context.log.warn(`workspace "${place.name}": its state could not be read after the failure (${wordsOf(second)})`);
      return undefined;
    });
    const state: WorkspaceState =
      seen === undefined
        ? {
            ...inputs,
            workspaceId: place.workspaceId,
            status: "Unknown",
            webUrl: undefined,
            consoleHost: undefined,
            consolePort: undefined,
          }
        : stateOf(seen.workspace, describe(seen.workspace, inputs));
    throw new PartialError(place.workspaceId, state, message, { cause: error });
  }
}

/** Why it failed, where the workspace is gone: its own reason, unless that is only that it is gone. */
function vanished(place: Place, error: unknown): unknown {
  if (!(error instanceof IcaError) || !error.isNotFound) return error;
  return new RefusedChange(
    `workspace "${place.name}" (${place.workspaceId}) was deleted by somebody else in this moment. "pulumi up --refresh" makes a new one`,
    { cause: error },
  );
}

/** A workspace that an earlier, interrupted run of the same program made: same project, same name, same settings. */
async function findOwn(context: Context, inputs: WorkspaceInputs): Promise<Workspace | undefined> {
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
function takenOver(context: Context): Set<string> {
  const ids = takeovers.get(context.client) ?? new Set<string>();
  takeovers.set(context.client, ids);
  return ids;
}

const takeovers = new WeakMap<IcaClient, Set<string>>();

async function existing(context: Context, id: string, inputs: WorkspaceInputs): Promise<Workspace> {
  const found = await lookUp(context, inputs.projectId, id);
  if (found === undefined) throw new RefusedChange(`existingId: project ${inputs.projectId} has no workspace ${id}`);
  context.log.info(`workspace "${found.name}" is taken over`);
  return found;
}

/** Undefined when it is gone. A 404 counts only from a server that does serve workspaces: a wrong address must not empty a stack. */
async function lookUp(
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

/** Changes that would cost a user work or data are refused in the preview already, at the field that asks for them. */
async function refusedChanges(context: Context, old: WorkspaceInputs, next: WorkspaceInputs): Promise<CheckFailure[]> {
  const takesItself =
    next.existingId !== undefined && next.existingId !== old.existingId && !hasUnknown([next.existingId, old.name])
      ? await context.client.workspaces.findByName(old.projectId, old.name)
      : undefined;
  const before = takesItself === undefined ? old : { ...old, workspaceId: takesItself.id };
  const changes = changesBetween(before, next).filter(({ field }) => !hasUnknown(next[field]));
  const replacing = changes.filter(({ effect }) => effect === "replace");
  if (replacing.length > 0) {
    if (next.allowDataLoss) return [];
    return replacing.map(({ field, why }) => ({
      property: field,
      reason: `cannot change in place (${why}): a new workspace would take the place of "${old.name}", and all that is in its /data would be lost. If that is meant, declare allowDataLoss: true`,
    }));
  }
  const restarting = changes.filter(({ effect }) => effect === "restart");
  if (restarting.length === 0 || next.allowRestart || next.desiredState === "stopped") return [];
  const live = await context.client.workspaces.findByName(old.projectId, old.name);
  if (live === undefined || runStateOf(live.status) !== "running") return [];
  return restarting.map((change) => ({ property: change.field, reason: needsRestart(old.name, [change]) }));
}

function needsRestart(name: string, changes: readonly FieldChange[]): string {
  return (
    `workspace "${name}" is running, and changing ${reasons(changes.filter(({ effect }) => effect === "restart"))} needs a restart: whoever works in it would see ` +
    '"Server Connection Error". If that is meant, declare allowRestart: true; else stop it first.'
  );
}

function reasons(changes: readonly FieldChange[]): string {
  return changes.map(({ field, why }) => `${field} (${why})`).join(", ");
}

function placeOf(live: Workspace, inputs: WorkspaceInputs): Place {
  return { projectId: inputs.projectId, workspaceId: live.id, name: inputs.name };
}
