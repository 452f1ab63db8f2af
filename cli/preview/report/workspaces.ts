import { z } from "zod";
import { fromEngine, type MaybeWithin, unknownValue } from "../../../provider/inputs/unknown";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { planChange } from "../../../provider/workspace/plan/change-plan";
import { changesBetween, effects } from "../../../provider/workspace/plan/changes";
import { isUp, type WorkspaceState } from "../../../provider/workspace/state";
import type { Facts, PlanFact } from "../facts";
import type { Step } from "../observed";
import type { ImageNames } from "./image-names";
import type { Danger, WorkspaceChange } from "./report";
import { type Happening, resourceOf } from "./resources";
import { changeOf, type FieldChange, isSecret, numberOf, propertyOf, textOf, within } from "./values";

/**
 * What a preview means for a workspace: the provider's plan if it read the workspace, else the same plan from the
 * properties that the engine shows.
 */

export interface JudgedWorkspace {
  readonly change: WorkspaceChange;
  readonly dangers: readonly Danger[];
  /** Whether ICA no longer has it, although no refresh took note of that. */
  readonly isGone: boolean;
}

/** Enough of a state, and of inputs, for the table of effects. Values that are secret or unknown stay what they are. */
const minimal = z.looseObject({ name: z.unknown(), storageGb: z.unknown(), access: z.unknown() });
const isWorkspace = (value: unknown): boolean => minimal.safeParse(value).success;
const stateSchema = z.custom<WorkspaceState>(isWorkspace);
const inputsSchema = z.custom<MaybeWithin<WorkspaceInputs>>(isWorkspace);

export function judgeWorkspace({ op, step, isLeftOver }: Happening, facts: Facts, images: ImageNames): JudgedWorkspace {
  const { urn, type, before, after } = step;
  // The provider's word is about the workspace that took its place.
  const plan = isLeftOver ? undefined : planOf(step, facts);
  const said = plan === undefined ? textOf(before?.outputs, "status") : plan.status;
  const status = said === undefined ? undefined : within(said);
  const name = textOf(after?.inputs, "name") ?? textOf(before?.inputs, "name");
  const changes = ruledChanges(step).map((change) => withImageNames(change, images));
  const change: WorkspaceChange = {
    resource: resourceOf(urn, type),
    op,
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
    changes,
  };
  return { change, dangers: dangersOf({ op, step, isLeftOver }, changes, plan), isGone: plan?.presence === "gone" };
}

function planOf({ urn, before, after, fields }: Step, facts: Facts): PlanFact | undefined {
  const said = facts.plan(urn);
  if (said !== undefined) {
    return said;
  }
  const { state, next } = sidesOf({ before, after });
  if (state === undefined || next === undefined) {
    return undefined;
  }
  // Two secrets look the same. The engine says that they differ, and the provider knew both.
  const secret = fields.filter(
    (field) => mayDisconnect(field) && isSecret([valueIn(before, field), valueIn(after, field)]),
  );
  const hidden = Object.fromEntries(secret.map((field) => [field, unknownValue]));
  const plan = planChange("not looked at", state, { ...next, ...hidden });
  const isOfSecret = ({ field }: { readonly field: string }) => secret.includes(field);
  const laterRefusals = plan.laterRefusals.filter((refusal) => !isOfSecret(refusal));
  // The provider refuses such a restart while the workspace runs. There is a step, so that it saw it stopped.
  const isRefused = plan.refusals.length > 0 || plan.laterRefusals.some(isOfSecret);
  const deferred = plan.deferred.map(({ field }) => field);
  return { ...plan, deferred, disconnects: isRefused ? "no" : plan.disconnects, kind: "plan", laterRefusals };
}

/** Not that it replaces the workspace: the engine's own step would say that. */
function mayDisconnect(field: string): boolean {
  return Object.entries(effects).some(
    ([name, rule]) =>
      name === field && [rule].flat().some(({ effect }) => effect === "restart" || effect === "run state"),
  );
}

function valueIn(side: Step["before"], field: string): unknown {
  return propertyOf(side?.inputs, field);
}

function sidesOf({ before, after }: Pick<Step, "before" | "after">) {
  const known = isWorkspace(before?.outputs) ? before?.outputs : before?.inputs;
  const status = textOf(known, "status");
  const state = stateSchema.safeParse(known === undefined ? undefined : { ...known, status }).data;
  return { state, next: inputsSchema.safeParse(fromEngine(after?.inputs)).data };
}

function withImageNames(change: FieldChange, images: ImageNames): FieldChange {
  if (change.field !== "image") {
    return change;
  }
  const beforeName = images.get(change.before ?? "");
  const afterName = images.get(change.after ?? "");
  return {
    ...change,
    ...(beforeName === undefined ? {} : { beforeName: within(beforeName) }),
    ...(afterName === undefined ? {} : { afterName: within(afterName) }),
  };
}

/** The fields that change, with the rule of each. */
function ruledChanges({ before, after, fields }: Step): FieldChange[] {
  const { state, next } = sidesOf({ before, after });
  if (state === undefined || next === undefined) {
    return [];
  }
  const ruled = changesBetween(state, next);
  // Two secrets look the same; the engine knows better.
  const hidden = fields.filter((field) => !ruled.some((rule) => rule.field === field));
  const masked = hidden.flatMap((field) => changesBetween({ ...state, [field]: undefined }, next));
  return [...ruled, ...masked.filter(({ field }) => hidden.includes(field))].map(({ field, effect, why }) => ({
    ...changeOf(field, propertyOf(before?.inputs, field), propertyOf(after?.inputs, field)),
    effect,
    why,
  }));
}

function dangersOf(
  { op, step, isLeftOver }: Happening,
  changes: readonly FieldChange[],
  plan: PlanFact | undefined,
): Danger[] {
  const resource = resourceOf(step.urn, step.type);
  const size = numberOf(step.before?.outputs, "storageGb") ?? numberOf(step.before?.inputs, "storageGb");
  const common = { resource, ...(size === undefined ? {} : { storageGb: size }) };
  const of = (...effects: FieldChange["effect"][]) => changes.filter(({ effect }) => effects.includes(effect));
  const allowed = step.after?.inputs.allowDataLoss === true;
  if (op === "delete") {
    const how = isLeftOver ? "left over" : "deleted";
    return [{ kind: "dataLost", ...common, how, changes: [], certain: true, allowed }];
  }
  if (op === "replace") {
    if (step.before?.retainOnDelete === true || plan?.presence === "gone") {
      return [];
    }
    const forced = of("replace").length > 0 ? of("replace") : step.fields.map((field) => ({ field }));
    return [{ kind: "dataLost", ...common, how: "replaced", changes: forced, certain: true, allowed }];
  }
  return op === "update" && plan !== undefined ? dangersOfUpdate(resource, plan, of, allowed) : [];
}

/** A run state that may turn the restart into a stop. */
function isHidden({ secret, unknown }: FieldChange): boolean {
  return secret === true || unknown === true;
}

function dangersOfUpdate(
  resource: Danger["resource"],
  { losesData, disconnects, laterRefusals, action, certain, status }: PlanFact,
  of: (...effects: FieldChange["effect"][]) => FieldChange[],
  allowed: boolean,
): Danger[] {
  if (laterRefusals.length > 0) {
    const refusals = laterRefusals.map(({ field, reason }) => ({ field: within(field), reason: within(reason) }));
    const isCertain = laterRefusals.some((refusal) => refusal.certain);
    return [{ kind: "refused", resource, certain: isCertain, refusals, changes: of("restart", "replace") }];
  }
  const dangers: Danger[] = [];
  if (losesData !== "no") {
    dangers.push({
      kind: "dataLost",
      resource,
      how: "replaced",
      changes: of("replace"),
      certain: losesData === "yes",
      allowed,
    });
  }
  // A workspace that was seen stopped disconnects no one.
  if (disconnects === "no" || (status !== undefined && !isUp(status))) {
    return dangers;
  }
  // A run state that is secret or not known yet may be "stopped"; by itself it restarts nothing.
  const isRunStateAlone = of("restart").length === 0 && of("run state").length > 0;
  const how = action === "stop" || action === "stop then change" || isRunStateAlone ? "stop" : "restart";
  return [
    ...dangers,
    {
      kind: "disconnected",
      resource,
      how,
      ...(status === undefined ? {} : { status: within(status) }),
      certain: disconnects === "yes" && certain,
      changes: how === "stop" ? of("run state") : [...of("restart"), ...of("run state").filter(isHidden)],
    },
  ];
}
