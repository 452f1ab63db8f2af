import type { Context } from "../../context";
import type { CheckFailure } from "../../handler";
import { hasUnknown } from "../../inputs/unknown";
import { changesBetween, type FieldChange } from "../changes";
import type { WorkspaceInputs } from "../inputs";
import { isUp } from "../state";

/** Refuses, already in preview, changes that would cost a user work or data. Reports each at the field that causes it. */
export async function refusedChanges(
  context: Context,
  old: WorkspaceInputs,
  next: WorkspaceInputs,
): Promise<CheckFailure[]> {
  const takesItself =
    next.existingId !== undefined && next.existingId !== old.existingId && !hasUnknown([next.existingId, old.name])
      ? await context.client.workspaces.findByName(old.projectId, old.name)
      : undefined;
  const before = takesItself === undefined ? old : { ...old, workspaceId: takesItself.id };
  const changes = changesBetween(before, next).filter(({ field }) => !hasUnknown(next[field]));
  const replacing = changes.filter(({ effect }) => effect === "replace");
  if (replacing.length > 0) {
    if (next.allowDataLoss) return [];
    const there = takesItself ?? (await context.client.workspaces.findByName(old.projectId, old.name));
    return replacing.map(({ field, why }) => ({
      property: field,
      reason:
        there === undefined
          ? missing(old.name, why)
          : `cannot change in place (${why}): a new workspace would take the place of "${old.name}", and all that is in its /data would be lost. If that is meant, declare allowDataLoss: true`,
    }));
  }
  const restarting = changes.filter(({ effect }) => effect === "restart");
  if (restarting.length === 0 || next.allowRestart || next.desiredState === "stopped") return [];
  const live = await context.client.workspaces.findByName(old.projectId, old.name);
  if (live === undefined || !isUp(live.status)) return [];
  return restarting.map((change) => ({ property: change.field, reason: needsRestart(old.name, [change]) }));
}

export function needsRestart(name: string, changes: readonly FieldChange[]): string {
  return (
    `workspace "${name}" is running, and changing ${reasons(changes.filter(({ effect }) => effect === "restart"))} needs a restart: people who work in it would see ` +
    '"Server Connection Error". If that is meant, declare allowRestart: true; else stop it first.'
  );
}

/** The workspace was looked up by name, since a check gets no id. */
function missing(name: string, why: string): string {
  return (
    `cannot change in place (${why}), and there is no workspace "${name}" any more: it was deleted, or renamed, beside this stack. ` +
    'Run "pulumi up --refresh": Pulumi then takes note of that, and makes a new one of a workspace that was deleted'
  );
}

function reasons(changes: readonly FieldChange[]): string {
  return changes.map(({ field, why }) => `${field} (${why})`).join(", ");
}
