import { randomUUID } from "node:crypto";
import { cancellable } from "../cancelled";
import { type Context, stepLimitMs } from "../context";
import type { Change, Live, Saved } from "../handler";
import { IcaError } from "../ica/transport/error";
import { type MaybeWithin, unknownValue } from "../inputs/unknown";
import type { Fact } from "../preview-facts";
import { converge, keepWorkspaceId } from "./converge";
import { checkWorkspace, judgeable, type WorkspaceInputs } from "./inputs";
import { ensureStopped } from "./lifecycle";
import { letGo, noteHeld } from "./ownership/held";
import { existing, obtain } from "./ownership/obtain";
import { type ChangePlan, planChange } from "./plan/change-plan";
import { declaring, isPending, stillPending, withPending } from "./plan/pending";
import { RefusedChange } from "./plan/refused-change";
import { awaitGone, lookUp, present, WorkspaceGone, type WorkspaceRef } from "./presence";
import { isChecked, noteChecked } from "./preview/checked";
import { beyondImage } from "./preview/image-offer";
import {
  deferredMessage,
  goneMessage,
  laterMessage,
  readyMessage,
  replaceMessage,
  unfinishedMessage,
  updateMessage,
} from "./preview/messages";
import { sameNameTwice } from "./preview/names";
import { refusedChanges } from "./preview/refused-changes";
import { type DescribedWorkspace, inputsOf, parseDescribed, parseState, type WorkspaceState } from "./saved-state";
import { describe, isDeleting, isDown, runStateOf, stateOf, withAdoption } from "./state";

/** Default limits for a step with all its waits; the vendor gives no figures for workspaces. */
const defaultTimeouts = { create: "20m", update: "20m", delete: "10m" } as const;

/** The outputs that depend on whether the workspace runs. */
const ofRunState = [
  "status",
  "webUrl",
  "consoleHost",
  "consolePort",
] as const satisfies readonly (keyof WorkspaceState)[];

/** A Bench workspace: create, start, stop, change, delete. */
export const workspaceHandler = cancellable<WorkspaceInputs, WorkspaceState, Context, DescribedWorkspace>("workspace", {
  parseInputs: parseDescribed,
  parseState,

  async check(context, args, old) {
    const { inputs, failures } = checkWorkspace(context.config, args);
    if (failures.length > 0) {
      const sure = judgeable(inputs, failures);
      const others = [...sameNameTwice(context, sure), ...(await beyondImage(context, sure, old))];
      return { inputs, failures: [...failures, ...others] };
    }
    noteChecked(context, inputs);
    const beyond = await beyondImage(context, inputs, old);
    const refused = old === undefined ? [] : await refusedChanges(context, old, inputs);
    return { inputs, failures: [...sameNameTwice(context, inputs), ...beyond, ...refused] };
  },

  async diff(context, id, state, next): Promise<Change> {
    noteHeld(context, id, state);
    const blind = planChange("not looked at", state, next);
    if (blind.changes.length === 0) {
      // The program has taken back what was waiting.
      const waiting = Object.keys(state.pendingChanges ?? {});
      if (waiting.length > 0) {
        return { kind: "update", hidden: false, fields: waiting, unsettled: ["pendingChanges"] };
      }
      if (blind.action === "none") {
        return { kind: "unchanged" };
      }
      context.log.info(unfinishedMessage(blind));
      return { kind: "update", hidden: true, fields: ["status"], unsettled: ofRunState };
    }
    const wereDeferred = isPending(
      state,
      next,
      blind.changes.map(({ field }) => field),
    );
    if (isChecked(context, next)) {
      const plan = planChange(await lookUp(context, state.projectId, id), state, next);
      context.noteFacts?.(planFact(plan));
      if (plan.deferred.length > 0) {
        context.log.info(deferredMessage(plan, !wereDeferred));
      }
      if (wereDeferred && plan.action === "defer") {
        return { kind: "unchanged" };
      }
      if (wereDeferred && plan.presence === "there") {
        context.log.info(readyMessage(plan));
        const fields = plan.changes.map(({ field }) => field);
        return { kind: "update", hidden: true, fields, unsettled: unsettledBy(state, next) };
      }
      if (plan.action === "gone") {
        throw new RefusedChange(goneMessage(state.name, id));
      }
      const message = updateMessage(plan);
      if (plan.action === "replace") {
        context.log.warn(replaceMessage(plan));
      } else if (message !== undefined) {
        context.log.info(message);
      }
      for (const refusal of plan.laterRefusals) {
        context.log.warn(laterMessage(refusal));
      }
    }
    if (blind.action !== "replace") {
      const fields = blind.changes.map(({ field }) => field);
      const isQuiet = blind.changes.every(({ effect }) => effect === "none" || effect === "in place");
      const unsettled = isQuiet ? [] : unsettledBy(state, next);
      return { kind: "update", hidden: false, fields, unsettled };
    }
    const because = blind.changes
      .filter(({ effect, known }) => effect === "replace" && known)
      .map(({ field }) => field);
    // Names are unique in a project: a new workspace can only take the name once the old one is gone.
    return { kind: "replace", because, deleteFirst: next.name === unknownValue || next.name === state.name };
  },

  async create(context, inputs) {
    const deadline = context.clock.now() + stepLimitMs(context, inputs.timeouts, "create", defaultTimeouts.create);
    const { id, adopted, live } =
      inputs.existingId === undefined
        ? await obtain(context, inputs, deadline)
        : await existing(context, inputs.existingId, inputs);
    const adoption = adopted ? randomUUID() : undefined;
    noteHeld(context, id, { adoption });
    const place = placeOf(id, inputs);
    const before = "unread" in live ? live.answered : live.workspace;
    const kept = { adoption, unlessRefused: inputs.existingId !== undefined, live: before };
    return {
      id,
      state: await keepWorkspaceId(context, place, inputs, kept, async (ref) => {
        if ("unread" in live) {
          throw live.unread;
        }
        return converge(context, ref, { live: live.workspace }, inputs, deadline);
      }),
    };
  },

  async read(context, id, saved): Promise<Live<WorkspaceState> | undefined> {
    const isManaged = isState(saved);
    const state = isManaged ? parseState(id, saved) : declaredState(context, id, saved);
    if (isManaged) {
      noteHeld(context, id, state);
    }
    const was = inputsOf(state);
    // Nothing is decided by this call alone, so it may use a list page that is a few seconds old.
    const live = await lookUp(context, was.projectId, id, "recent");
    if (live === undefined) {
      return undefined;
    }
    const described = describe(live, was);
    const seen = withAdoption(stateOf(live, described), state.adoption);
    const restarting = state.restarting === true && live.status !== "Running";
    const pending = isManaged ? stillPending(state, described) : {};
    const known = withPending(restarting ? { ...seen, restarting } : seen, pending);
    // What waits is declared, and no drift.
    return { state: known, inputs: declaring(described, pending) };
  },

  async update(context, id, state, next) {
    const deadline = context.clock.now() + stepLimitMs(context, next.timeouts, "update", defaultTimeouts.update);
    const live = await lookUp(context, next.projectId, id);
    if (live === undefined) {
      throw new RefusedChange(goneMessage(next.name, id));
    }
    const stopped = runStateOf(live.status) === "stopped";
    if (next.desiredState === undefined && state.restarting !== true && state.status === "Running" && stopped) {
      context.log.warn(
        `it ran when this stack last looked, and is stopped now. It stays stopped, since no desiredState is declared; ` +
          "if an interrupted restart stopped it, start it on the Bench page",
      );
    }
    const place = placeOf(id, next);
    const found = { live, restarting: state.restarting };
    const kept = { adoption: state.adoption, unlessRefused: false, live };
    return keepWorkspaceId(context, place, next, kept, (ref) => converge(context, ref, found, next, deadline));
  },

  async delete(context, id, state) {
    const { client, log } = context;
    const place: WorkspaceRef = { projectId: state.projectId, workspaceId: id, name: state.name };
    if (letGo(context, id, state)) {
      log.warn(
        "kept, and so is its /data: its own replacement, or a resource of another name in the program, has taken it over. " +
          "To create it again, set deleteBeforeReplace: true or another name",
      );
      return;
    }
    const deadline = context.clock.now() + stepLimitMs(context, state.timeouts, "delete", defaultTimeouts.delete);
    const live = await present(context, state.projectId, id);
    if (live === undefined) {
      return;
    }
    if (!isDeleting(live)) {
      try {
        if (!isDown(live.status)) {
          await ensureStopped(context, place, deadline);
        }
        await client.workspaces.delete(state.projectId, id);
      } catch (error) {
        const open =
          error instanceof IcaError ? error.isNotFound || error.status === 409 : error instanceof WorkspaceGone;
        if (!open) {
          throw error;
        }
        // The workspace may be gone or on its way, or this ICA may lack the call. Only another look can tell.
        const now = await present(context, state.projectId, id);
        if (now !== undefined && !isDeleting(now)) {
          throw error;
        }
      }
    }
    await awaitGone(context, place, deadline);
    log.info(`deleted, and with it the ${live.storageSizeInGb} GB disk of its /data`);
  },
});

/** The outputs that may be others after a change that is not quiet. */
function unsettledBy({ pendingChanges }: WorkspaceState, { whileRunning }: MaybeWithin<WorkspaceInputs>): string[] {
  const mayWait = pendingChanges !== undefined || whileRunning === "defer" || whileRunning === unknownValue;
  return [...ofRunState, ...(mayWait ? ["pendingChanges"] : [])];
}

/** What `ica-bench preview` has to know of a plan: the rest it sees in the properties. */
function planFact({
  action,
  certain,
  presence,
  status,
  losesData,
  disconnects,
  deferred,
  laterRefusals,
}: ChangePlan): Fact {
  const waiting = deferred.length === 0 ? {} : { deferred: deferred.map(({ field }) => field) };
  const seen = { action, certain, presence, status, losesData, disconnects, ...waiting };
  return { kind: "plan", ...seen, laterRefusals: [...laterRefusals] };
}

/** Whether what is saved is a state. With Pulumi's read-only option `id`, it is the program's unchecked declaration. */
function isState(saved: Saved): boolean {
  return typeof saved.workspaceId === "string";
}

function declaredState(context: Context, id: string, saved: Saved): WorkspaceState {
  const { inputs, failures } = checkWorkspace(context.config, saved);
  if (failures.length > 0) {
    throw new RefusedChange(failures.map(({ property, reason }) => `${property} ${reason}`).join("\n"));
  }
  return parseState(id, inputs);
}

function placeOf(workspaceId: string, inputs: WorkspaceInputs): WorkspaceRef {
  return { projectId: inputs.projectId, workspaceId, name: inputs.name };
}
