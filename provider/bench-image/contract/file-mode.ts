import { benchGid, benchUid } from "./rules";

/** Permissions of a file, and which of them are sure; the others hold what is likely. */
export interface FileMode {
  readonly bits: number;
  readonly sure: number;
}

/** Whom a file belongs to; undefined where that cannot be known. */
export interface Owner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export const root: Owner = { uid: 0, gid: 0 };

export function sureMode(bits: number): FileMode {
  return { bits: bits & 0o777, sure: 0o777 };
}

export function likelyMode(bits: number): FileMode {
  return { bits, sure: 0 };
}

/** What chmod and --chmod make of a mode, with numbers or letters. Undefined for what is no mode. */
export function changeMode(before: FileMode, change: string): FileMode | undefined {
  if (/^[0-7]{1,5}$/.test(change)) return sureMode(Number.parseInt(change, 8));
  let mode = before;
  for (const clause of change.split(",")) {
    const [, who = "", actions] = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause) ?? [];
    if (actions === undefined) return undefined;
    for (const [, operator = "", what = ""] of actions.matchAll(/([-+=])([a-zA-Z]*)/g)) {
      const rights = meant(what, mode);
      mode = shiftsOf(who).reduce((changed, shift) => applyTo(changed, shift, operator, rights), mode);
    }
  }
  return mode;
}

/** Without a class all of them are meant; the umask that then counts takes away only rights to write. */
function shiftsOf(who: string): number[] {
  return who === "" || who.includes("a") ? [6, 3, 0] : [...who].map(shiftOf);
}

function shiftOf(who: string): number {
  return who === "u" ? 6 : who === "g" ? 3 : 0;
}

/** The rights of one class that letters stand for: r, w, x, X (x where somebody has it), or those of another class. */
function meant(what: string, { bits, sure }: FileMode): FileMode {
  if (/^[ugo]$/.test(what)) return { bits: (bits >> shiftOf(what)) & 7, sure: (sure >> shiftOf(what)) & 7 };
  const plain = (what.includes("r") ? 4 : 0) | (what.includes("w") ? 2 : 0) | (what.includes("x") ? 1 : 0);
  if (!what.includes("X")) return { bits: plain, sure: 7 };
  const isSure = (bits & sure & 0o111) !== 0 || (sure & 0o111) === 0o111;
  return { bits: plain | ((bits & 0o111) === 0 ? 0 : 1), sure: isSure ? 7 : 6 };
}

function applyTo({ bits, sure }: FileMode, shift: number, operator: string, rights: FileMode): FileMode {
  const given = rights.bits << shift;
  const others = ~(7 << shift);
  if (operator === "=") return { bits: (bits & others) | given, sure: (sure & others) | (rights.sure << shift) };
  const adds = operator === "+";
  // What may be changed or not is sure only where that makes no difference.
  const same = sure & ~(((~rights.sure & 7) << shift) & (adds ? ~bits : bits));
  return { bits: adds ? bits | given : bits & ~given, sure: same | ((rights.bits & rights.sure) << shift) };
}

/**
 * Whether a script with this mode is closed to the user of Bench, who has to read it as well as to execute it. Which rights
 * count is decided by whom it belongs to: where that is not known, nothing is said unless it is closed in any case.
 *
 * @param groups further groups of the user with UID 1000
 */
export function closedToBench(
  mode: FileMode,
  { uid, gid }: Owner,
  groups: ReadonlySet<number>,
): "surely" | "likely" | undefined {
  const byGroup = gid === undefined ? [3, 0] : gid === benchGid || groups.has(gid) ? [3] : [0];
  const shifts = uid === benchUid ? [6] : uid === undefined ? [6, ...byGroup] : byGroup;
  const answers = shifts.map((shift) => {
    const missing = ~(mode.bits >> shift) & 5;
    return missing === 0 ? undefined : (missing & (mode.sure >> shift)) !== 0 ? "surely" : "likely";
  });
  if (answers.includes(undefined)) return undefined;
  return answers.includes("likely") ? "likely" : "surely";
}
