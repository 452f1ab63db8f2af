import type { Context } from "../../context";
import type { CheckFailure } from "../../handler";
import type { MaybeWithin } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";
import { planChange } from "../plan/change-plan";
import type { DescribedWorkspace } from "../saved-state";

/**
 * Refuses, already in preview, changes that would cost a user work or data. Asks ICA only if the answer depends on it. The
 * workspace is looked up by name, since a check gets no id.
 */
export async function refusedChanges(
  context: Context,
  old: DescribedWorkspace,
  next: MaybeWithin<WorkspaceInputs>,
): Promise<CheckFailure[]> {
  const blind = planChange("not looked at", old, next);
  // Only the workspace itself shows whether existingId names it.
  const mayNameItself = blind.changes.some(
    ({ field, effect, known }) => field === "existingId" && known && effect === "replace",
  );
  if (blind.refusals.length === 0 && !mayNameItself) {
    return [];
  }
  const live = await context.client.workspaces.findByName(old.projectId, old.name);
  return planChange(live, old, next).refusals.map(({ field, reason }) => ({ property: field, reason }));
}
