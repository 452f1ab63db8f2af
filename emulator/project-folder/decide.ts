import type { Seen } from "./safe-paths";

/** Complete data of the project: AVAILABLE files, and folders. */
export interface Known {
  readonly id: string;
  readonly objectETag: string | undefined;
}

/** The state of a path when both sides last agreed. */
export interface Agreed {
  readonly id: string;
  readonly objectETag?: string | undefined;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** The step that makes both sides of a path equal again. */
export type Step =
  /** Project → folder: create or replace it. */
  | "write"
  /** Project → folder: the project deleted it. */
  | "unlink"
  /** Folder → project: it is new. */
  | "add"
  /** Folder → project: its content changed. */
  | "replace"
  /** Folder → project: the folder side deleted it. */
  | "delete"
  /** Both sides have the folder, but it has no record yet. */
  | "agree"
  /** Neither side has it. */
  | "forget"
  | "nothing";

/**
 * Decides what to do about one path, from the project's data, the folder's content and their last agreement. If both
 * sides changed, the folder wins, because data written in a workspace exists nowhere else.
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

/** Folders never differ: their size and time only reflect their content. */
function differs(seen: Seen, agreed: Agreed): boolean {
  return (
    seen.type === "FILE" && (seen.size !== agreed.size || seen.mtimeMs !== agreed.mtimeMs || seen.ino !== agreed.ino)
  );
}

/**
 * Steps that follow from the folder's content. They wait until two looks saw the same, so that a half-written file does
 * not count.
 */
export const waits: ReadonlySet<Step> = new Set<Step>(["add", "replace", "delete", "agree"]);
