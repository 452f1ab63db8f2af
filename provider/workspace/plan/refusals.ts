import type { FieldChange } from "./changes";

/** Messages for refused changes of a workspace. */

/** A restart that the declaration does not allow. */
export function restartRefusal(name: string, restarting: readonly FieldChange[]): string {
  const reasons = restarting.map(({ field, why }) => `${field} (${why})`).join(", ");
  return (
    `workspace "${name}" is running, and changing ${reasons} needs a restart: people who work in it would see ` +
    '"Server Connection Error". If that is meant, declare allowRestart: true; to wait until people have stopped it, ' +
    'whileRunning: "defer"; else stop it first.'
  );
}

/** A replacement that the declaration does not allow. */
export function replacementRefusal(name: string, { why }: FieldChange): string {
  return `cannot change in place (${why}): a new workspace would replace "${name}", and everything in its /data would be lost. If that is meant, declare allowDataLoss: true`;
}

/** A replacement of a workspace that ICA no longer has under this name. */
export function replacementOfGoneRefusal(name: string, { why }: FieldChange): string {
  return (
    `cannot change in place (${why}), and there is no workspace "${name}" any more: it was deleted, or renamed, outside this stack. ` +
    'Run "pulumi up --refresh": Pulumi then updates its state, and creates a deleted workspace again'
  );
}

/** A disk that is larger in ICA than declared. */
export function diskRefusal(name: string, inIca: number, declared: number): string {
  return `workspace "${name}" has a disk of ${inIca} GB, and a disk cannot shrink to ${declared} GB`;
}

/** A change that may need a permission, depending on a value that a preview does not know: the field's own, or the permission's. */
export function unknownRefusal(
  { field, why, known }: FieldChange & { readonly known: boolean },
  permission: "allowRestart" | "allowDataLoss",
): string {
  const cost = permission === "allowRestart" ? "the workspace runs" : "everything in its /data would be lost";
  const condition = known ? "" : `if ${field} turns out to be another one, `;
  return `${condition}"pulumi up" refuses the change without ${permission}: true, since ${cost} (${why})`;
}
