import { hasUnknown } from "../../inputs/unknown";
import type { FieldChange } from "../changes";
import type { WorkspaceInputs } from "../inputs";
import { isUp } from "../state";

/** A missing workspace is different from a stopped one: there is nothing left to change. */
export function goneMessage(name: string, id: string): string {
  return (
    `workspace "${name}" (${id}) is gone: it was deleted beside this stack, and its /data with it. ` +
    'Run "pulumi up --refresh": Pulumi then takes note of that, and makes a new one'
  );
}

/** The preview's message for a replacement. */
export function replaceMessage(because: readonly string[], live: { readonly name: string } | undefined): string {
  return live === undefined
    ? "gone: it was deleted beside this stack, and its /data with it. A new one is made"
    : `will be replaced because of ${because.join(", ")}: all that is in its /data is lost`;
}

/** The preview's messages for an update: which fields interrupt the users, and why. Pulumi's own diff shows only values. */
export function updateMessages(
  changes: readonly FieldChange[],
  next: WorkspaceInputs,
  live: { readonly name: string; readonly status: string },
): string[] {
  const restarting = changes.filter(({ effect }) => effect === "restart");
  if (restarting.length === 0) return [];
  const known = restarting.filter(({ field }) => !hasUnknown(next[field]));
  const reasons = (known.length > 0 ? known : restarting).map(({ field, why }) => `${field} (${why})`).join(", ");
  const subject = "the workspace";
  if (!isUp(live.status)) return [`${subject} does not run: changed without a restart: ${reasons}`];
  if (known.length === 0) return [`${subject} runs, and is restarted if this turns out to be another one: ${reasons}`];
  if (next.desiredState === "stopped") return [`${subject} is stopped, and changed then: ${reasons}`];
  return [`${subject} is restarted, and people who work in it are disconnected: ${reasons}`];
}
