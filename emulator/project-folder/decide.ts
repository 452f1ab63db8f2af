import type { Seen } from "./safe-paths";

/** Data of the project that is complete: AVAILABLE files, and folders. */
export interface Known {
  readonly id: string;
  readonly objectETag: string | undefined;
}

/** How a path was when both sides last agreed. */
export interface Agreed {
  readonly id: string;
  readonly objectETag?: string | undefined;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** What brings both sides of a path together again. */
export type Step =
  /** Project → folder: make it, or replace it. */
  | "write"
  /** Project → folder: it was deleted there. */
  | "unlink"
  /** Folder → project: it is new. */
  | "add"
  /** Folder → project: it has other content. */
  | "replace"
  /** Folder → project: it was deleted there. */
  | "delete"
  /** Both have the folder, and nobody wrote it down. */
  | "agree"
  /** Neither has it. */
  | "forget"
  | "nothing";

/**
 * What to do about one path, from what the project has, what the folder has and how they last agreed. Where both sides
 * changed, the folder wins: what was written in a workspace is nowhere else.
 */
export function decide(known: Known | undefined, seen: Seen | undefined, agreed: Agreed | undefined): Step {
  if (known === undefined) {
    return seen === undefined ? "forget" : agreed === undefined || differs(seen, agreed) ? "add" : "unlink";
  }
  if (seen === undefined) {
    return agreed?.id === known.id ? "delete" : "write";
  }
  if (agreed === undefined) {
    return seen.type === "FILE" ? "replace" : "agree";
  }
  if (differs(seen, agreed)) {
    return "replace";
  }
  return agreed.id === known.id && agreed.objectETag === known.objectETag ? "nothing" : "write";
}

/** A folder is a folder: its size and time change with what is in it. */
function differs(seen: Seen, agreed: Agreed): boolean {
  return (
    seen.type === "FILE" && (seen.size !== agreed.size || seen.mtimeMs !== agreed.mtimeMs || seen.ino !== agreed.ino)
  );
}

/** Steps that follow from what was seen in the folder: they wait until it was seen twice, so that nothing half written counts. */
export const waits: ReadonlySet<Step> = new Set<Step>(["add", "replace", "delete", "agree"]);
