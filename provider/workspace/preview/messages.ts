import type { ChangePlan, LaterRefusal, PlannedChange } from "../plan/change-plan";

/** What a preview says of a plan. Pulumi's own diff shows only values. */

/** A missing workspace is different from a stopped one: there is nothing left to change. */
export function goneMessage(name: string, id: string): string {
  return (
    `workspace "${name}" (${id}) is gone: it was deleted outside this stack, and its /data with it. ` +
    'Run "pulumi up --refresh": Pulumi then updates its state, and creates a new one'
  );
}

/** The message for a replacement. */
export function replaceMessage({ changes, losesData }: ChangePlan): string {
  if (losesData === "no") {
    return "gone: it was deleted outside this stack, and its /data with it. Pulumi creates a new one";
  }
  const because = changes.filter(({ effect, known }) => effect === "replace" && known).map(({ field }) => field);
  return replacedBecause(because);
}

/** The message for a replacement because of these fields. */
export function replacedBecause(fields: readonly string[]): string {
  return `will be replaced because of ${fields.join(", ")}: everything in its /data is lost`;
}

/** The message for an update: which fields interrupt the users, and why. Undefined when none needs a stopped workspace. */
export function updateMessage({
  changes,
  deferred,
  action,
  certain,
  stopsFirst,
  disconnects,
}: ChangePlan): string | undefined {
  const restarting = changes.filter(
    (change) => change.effect === "restart" && !change.done && !deferred.includes(change),
  );
  if (restarting.length === 0) {
    return undefined;
  }
  const known = restarting.filter((change) => change.known);
  const reasons = (known.length > 0 ? known : restarting).map(inWords).join(", ");
  if (!stopsFirst || disconnects === "no") {
    return `the workspace does not run: changed without a restart: ${reasons}`;
  }
  if (action === "stop then change") {
    return `the workspace is stopped, and changed then: ${reasons}`;
  }
  if (!certain) {
    return `the workspace runs, and is restarted if this turns out to be another one: ${reasons}`;
  }
  return `the workspace is restarted, and people who work in it are disconnected: ${reasons}`;
}

/** The message for changes that wait. `isNew`: not at the last `pulumi up` already. */
export function deferredMessage({ deferred }: ChangePlan, isNew = true): string {
  const fields = deferred.map(inWords).join(", ");
  return `pending: the workspace runs, and ${isNew ? "is left as it is" : "is still left as it is"} until people have stopped it; the next "pulumi up" after that changes ${fields}`;
}

/** The message for changes that waited, and can be made now. */
export function readyMessage({ changes }: ChangePlan): string {
  const open = changes.filter(({ done }) => !done);
  return open.length === 0
    ? "what was pending is in ICA already"
    : `the workspace does not run: what was pending is changed: ${open.map(inWords).join(", ")}`;
}

/** The message for what only `pulumi up` refuses. */
export function laterMessage({ certain, reason }: Pick<LaterRefusal, "certain" | "reason">): string {
  return certain ? `"pulumi up" will refuse this: ${reason}` : reason;
}

/** The message for work that an earlier run left unfinished although the declaration is unchanged. */
export function unfinishedMessage({ action, status, runsAfter }: ChangePlan): string {
  if (action === "finish restart") {
    return "was stopped for a change that failed, and is started again";
  }
  return `is ${status}, and is waited for until it is ${runsAfter === "running" ? "Running" : "Stopped"}`;
}

function inWords({ field, why }: PlannedChange): string {
  return `${field} (${why})`;
}
