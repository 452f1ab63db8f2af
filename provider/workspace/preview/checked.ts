import type { Context } from "../../context";
import { type MaybeWithin, toEngine } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";

/**
 * Declarations that this run has checked. The engine compares only what it has checked before, with one exception: when it
 * deletes or replaces something else (`pulumi destroy --target`), it asks how that would change the resources that depend on
 * it. It does nothing with the answer, so such a comparison prints nothing and sends ICA no calls.
 */
export function noteChecked(context: Context, inputs: MaybeWithin<WorkspaceInputs>): void {
  context.run.workspaces.checked.add(keyOf(inputs));
}

/** Whether a comparison is about the program's declaration. */
export function isChecked(context: Context, inputs: MaybeWithin<WorkspaceInputs>): boolean {
  return context.run.workspaces.checked.has(keyOf(inputs));
}

/** Names are unique within a project. If either is unknown, it has the same value in both calls. */
function keyOf({ projectId, name }: MaybeWithin<WorkspaceInputs>): string {
  return JSON.stringify(toEngine([projectId, name]));
}
