import type { Context } from "../../context";
import type { WorkspaceState } from "../saved-state";

/**
 * Which workspaces the resources of this stack hold, as far as the engine has shown their states in this run.
 *
 * Two resources of a state can hold one workspace: with `replaceOnChanges`, `pulumi up --replace` or a rename without an
 * alias, the new resource adopts the workspace of the old one. The engine then deletes the old resource, in the same run or,
 * if that run failed or was killed, in the next one. So each adoption has an id in the state of its resource, and a workspace
 * that is held by another adoption is kept.
 */

/** The adoption by which a resource holds its workspace. All resources that created theirs count as one. */
function adoptionOf({ adoption = "" }: Pick<WorkspaceState, "adoption">): string {
  return adoption;
}

/** A resource of this stack holds this workspace. */
export function noteHeld({ run }: Context, id: string, state: Pick<WorkspaceState, "adoption">): void {
  const adoptions = run.workspaces.held.get(id) ?? new Set();
  run.workspaces.held.set(id, adoptions.add(adoptionOf(state)));
}

/** Whether a resource of this stack is known to hold the workspace. */
export function isHeld({ run }: Context, id: string): boolean {
  return (run.workspaces.held.get(id)?.size ?? 0) > 0;
}

/** A resource with this state lets go of the workspace. Returns whether another one still holds it. */
export function letGo({ run }: Context, id: string, state: Pick<WorkspaceState, "adoption">): boolean {
  const adoptions = run.workspaces.held.get(id);
  adoptions?.delete(adoptionOf(state));
  return (adoptions?.size ?? 0) > 0;
}
