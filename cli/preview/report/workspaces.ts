import { z } from "zod";
import { hasUnknown } from "../../../provider/inputs/unknown";
import { changesBetween, type FieldChange as Ruled } from "../../../provider/workspace/changes";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { isUp, runStateOf, type WorkspaceState } from "../../../provider/workspace/state";
import type { Facts } from "../facts";
import type { Properties, Step } from "../observed";
import type { Danger, WorkspaceChange } from "./report";
import { type Happening, resourceOf } from "./resources";
import { changeOf, type FieldChange, numberOf, textOf } from "./values";

/** What a preview means for a workspace: decided by the table of effects, from properties alone. */

export interface JudgedWorkspace {
  readonly change: WorkspaceChange;
  readonly dangers: readonly Danger[];
}

/** Enough of a state, and of inputs, for the table of effects. Values that are secret or unknown stay what they are. */
const isWorkspace = (value: unknown): boolean =>
  z.looseObject({ name: z.unknown(), storageGb: z.unknown(), access: z.unknown() }).safeParse(value).success;
const stateSchema = z.custom<WorkspaceState>(isWorkspace);
const inputsSchema = z.custom<WorkspaceInputs>(isWorkspace);

export function judgeWorkspace({ op, step }: Happening, facts: Facts): JudgedWorkspace {
  const { urn, type, before, after } = step;
  const resource = resourceOf(urn, type);
  const live = facts.live(urn);
  const status = live === undefined ? textOf(before?.outputs, "status") : live.status;
  const name = textOf(after?.inputs, "name") ?? textOf(before?.inputs, "name");
  const changes = ruledChanges(step);
  const change: WorkspaceChange = {
    resource,
    op,
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
    changes: changes.map(({ shown }) => shown),
  };
  const isGone = live !== undefined && live.status === undefined;
  return { change, dangers: isGone ? [] : dangersOf({ op, step }, changes, status) };
}

interface RuledChange {
  readonly shown: FieldChange;
  readonly rule: Ruled;
  readonly isUnknown: boolean;
}

function ruledChanges({ before, after, fields }: Step): RuledChange[] {
  const state = stateSchema.safeParse(isWorkspace(before?.outputs) ? before?.outputs : before?.inputs);
  const next = inputsSchema.safeParse(after?.inputs);
  if (!state.success || !next.success) return [];
  const ruled = changesBetween(state.data, next.data);
  // Two secrets look the same; the engine knows better.
  const hidden = fields.filter((field) => !ruled.some((rule) => rule.field === field));
  const masked = hidden.flatMap((field) => changesBetween({ ...state.data, [field]: undefined }, next.data));
  return [...ruled, ...masked.filter(({ field }) => hidden.includes(field))].map((rule) => ({
    shown: shownChange(rule, before?.inputs, after?.inputs),
    rule,
    isUnknown: hasUnknown(after?.inputs[rule.field]),
  }));
}

function shownChange({ field, effect, why }: Ruled, before: Properties = {}, after: Properties = {}): FieldChange {
  return { ...changeOf(field, before[field], after[field]), effect, why };
}

function dangersOf({ op, step }: Happening, changes: readonly RuledChange[], status: string | undefined): Danger[] {
  const { urn, type, before, after } = step;
  const resource = resourceOf(urn, type);
  const size = numberOf(before?.outputs, "storageGb") ?? numberOf(before?.inputs, "storageGb");
  const storageGb = size === undefined ? {} : { storageGb: size };
  if (op === "delete")
    return [
      {
        kind: "dataLost",
        resource,
        how: "deleted",
        ...storageGb,
        changes: [],
        allowed: allows(after, "allowDataLoss"),
      },
    ];
  if (op === "replace") {
    if (before?.retainOnDelete === true) return [];
    const forced = named(changes, "replace", false);
    const why = forced.length > 0 ? forced : step.fields.map((field) => ({ field }));
    return [
      {
        kind: "dataLost",
        resource,
        how: "replaced",
        ...storageGb,
        changes: why,
        allowed: allows(after, "allowDataLoss"),
      },
    ];
  }
  if (op !== "update") return [];
  const maybeReplaced = changes.filter(({ rule, isUnknown }) => rule.effect === "replace" && isUnknown);
  if (maybeReplaced.length > 0 && !allows(after, "allowDataLoss"))
    return [{ kind: "refused", resource, missing: "allowDataLoss", changes: maybeReplaced.map(({ shown }) => shown) }];
  // A status that was never said counts as running, like one that is not known.
  if (status !== undefined && !isUp(status)) return [];
  const seen = status === undefined ? {} : { status };
  const stops = changes.filter(({ rule }) => rule.effect === "run state");
  if (after?.inputs.desiredState === "stopped" && runStateOf(status ?? "Running") !== "stopped")
    return [
      {
        kind: "disconnected",
        resource,
        how: "stop",
        ...seen,
        certain: status !== undefined,
        changes: stops.map(({ shown }) => shown),
      },
    ];
  const restarting = changes.filter(({ rule }) => rule.effect === "restart");
  if (restarting.length === 0) return [];
  const shown = restarting.map((change) => change.shown);
  if (!allows(after, "allowRestart")) return [{ kind: "refused", resource, missing: "allowRestart", changes: shown }];
  const certain = status !== undefined && restarting.some(({ isUnknown }) => !isUnknown);
  return [{ kind: "disconnected", resource, how: "restart", ...seen, certain, changes: shown }];
}

function named(changes: readonly RuledChange[], effect: Ruled["effect"], isUnknown: boolean): FieldChange[] {
  return changes
    .filter((change) => change.rule.effect === effect && change.isUnknown === isUnknown)
    .map(({ shown }) => shown);
}

function allows(side: Step["after"], permission: "allowRestart" | "allowDataLoss"): boolean {
  return side?.inputs[permission] === true;
}
