import type { Context } from "../../context";
import type { WorkspaceInputs } from "../inputs";

/**
 * Declarations that this run has checked. The engine compares only what it has checked before, but for one case: when it deletes or
 * replaces something else (`pulumi destroy --target`), it asks what the loss of that would change of the resources that depend on it. Nothing
 * becomes of such a comparison, so it says nothing to the user and asks ICA nothing.
 */
export function noteChecked(context: Context, inputs: WorkspaceInputs): void {
  context.run.workspaces.checked.add(keyOf(inputs));
}

/** Whether a comparison is about what the program declares. */
export function isChecked(context: Context, inputs: WorkspaceInputs): boolean {
  return context.run.workspaces.checked.has(keyOf(inputs));
}

/** The name is unique within its project; neither may be known yet, and then both look the same in both calls. */
function keyOf({ projectId, name }: WorkspaceInputs): string {
  return JSON.stringify([projectId, name]);
}
