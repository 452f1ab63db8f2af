import { isDeepStrictEqual } from "node:util";
import type { Workspace } from "../../ica/workspaces";
import { isKnown, type MaybeWithin } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";
import { type DescribedWorkspace, describe, type WorkspaceState } from "../state";
import type { ChangePlan } from "./change-plan";

/** Changes that wait until people have stopped their workspace (`whileRunning: "defer"`). */

/** The declared values, by field. */
export type Pending = Readonly<Record<string, unknown>>;

/** What a plan leaves for later. */
export function pendingOf({ deferred }: ChangePlan, inputs: WorkspaceInputs): Pending {
  return Object.fromEntries(deferred.map(({ field }) => [field, inputs[field] ?? null]));
}

/** The values that ICA has of these fields. */
export function inIca(
  live: Workspace,
  inputs: WorkspaceInputs,
  pending: Pending,
): Partial<Omit<DescribedWorkspace, "desiredState">> {
  const described: Readonly<Record<string, unknown>> = describe(live, inputs);
  return Object.fromEntries(Object.keys(pending).map((field) => [field, described[field]]));
}

/** The state of a workspace for which changes wait, or none. */
export function withPending(state: WorkspaceState, pending: Pending): WorkspaceState {
  const { pendingChanges: _, ...rest } = state;
  return Object.keys(pending).length === 0 ? rest : { ...rest, pendingChanges: pending };
}

/** Whether exactly these fields wait already, each for the value that is declared now. */
export function isPending(
  { pendingChanges = {} }: WorkspaceState,
  next: MaybeWithin<WorkspaceInputs>,
  fields: readonly (keyof WorkspaceInputs)[],
): boolean {
  const isDeclared = (field: keyof WorkspaceInputs) =>
    field in pendingChanges && isKnown(next[field]) && isDeepStrictEqual(pendingChanges[field], next[field] ?? null);
  return fields.length === Object.keys(pendingChanges).length && fields.every(isDeclared);
}

/** What still waits when a refresh has read the workspace: not the fields that were changed by hand. */
export function stillPending(before: WorkspaceState, now: DescribedWorkspace): Pending {
  const known: Readonly<Record<string, unknown>> = now;
  const was: Readonly<Record<string, unknown>> = before;
  return Object.fromEntries(
    Object.entries(before.pendingChanges ?? {}).filter(([field]) => isDeepStrictEqual(known[field], was[field])),
  );
}

/** The inputs with what waits as it is declared. */
export function declaring(described: DescribedWorkspace, pending: Pending): DescribedWorkspace {
  const declared = Object.entries(pending).map(([field, value]) => [field, value ?? undefined]);
  return { ...described, ...Object.fromEntries(declared) };
}
