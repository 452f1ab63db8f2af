import { randomUUID } from "node:crypto";
import type { Context } from "../context";
import type { Change, Live, ResourceHandler } from "../handler";
import { IcaError } from "../ica/error";
import type { Workspace } from "../ica/workspaces";
import { timeoutMs } from "../inputs";
import { hasUnknown, isUnknown } from "../unknown";
import { announcement } from "./announcement";
import { changesBetween } from "./changes";
import { converge, keepingId } from "./converge";
import { beyondImage } from "./image-offer";
import { checkWorkspace, type WorkspaceInputs } from "./inputs";
import { ensureStopped, type Place } from "./lifecycle";
import { lookUp } from "./presence";
import { RefusedChange } from "./refused-change";
import { refusedChanges } from "./restart-refusal";
import { describe, inputsOf, runStateOf, settingsOf, stateOf, type WorkspaceState } from "./state";
import { existing, findOwn, takenOver } from "./taking-over";

/** Default limits for a step with all its waits; the vendor gives no figures for workspaces. */
const defaultTimeouts = { create: "20m", update: "20m", delete: "10m" } as const;

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

function placeOf(live: Workspace, inputs: WorkspaceInputs): Place {
  return { projectId: inputs.projectId, workspaceId: live.id, name: inputs.name };
}
