import { digestLength, type Folder } from "./tree";

/**
 * A tree of files that fits in a number of bytes: in full if possible, else with folders folded up, the largest first. The
 * state keeps it for a context, so that a later preview can say which files changed. It depends only on the tree and the
 * number of bytes.
 */
export type Outline =
  /** A folder reduced to its digest. */
  | { readonly folded: string }
  | {
      /** By name, or one digest for all of them. */
      readonly files: ReadonlyMap<string, string> | string;
      readonly folders: ReadonlyMap<string, Outline>;
    };

/** The text is not an outline. */
export class OutlineError extends Error {
  override readonly name = "OutlineError";
}

/**
 * The outline as text of at most `limit` bytes, which is also its size in JSON.
 * `Dockerfile=Ab3d,files(ica_start.sh=9_kQ),lib/x7Yz` is a file, a folder with one file, and a folded folder. `=Ab3d` stands
 * for all files of a folder together. Undefined when nothing fits.
 */
export function writeOutline(tree: Folder, limit: number): string | undefined {
  const top: Row = { name: "", folder: tree, shown: "nothing", rows: [] };
  let left = limit - sizeOf(top, "nothing");
  if (left < 0) {
    return undefined;
  }
  const steps = stepsOf(top);
  for (;;) {
    // The cheapest step first: this keeps the most places where a change can be shown.
    const cheapest = steps.reduce((best, step, index) => (step.cost < (steps[best]?.cost ?? 0) ? index : best), 0);
    const [step] = steps.splice(cheapest, 1);
    if (step === undefined || step.cost > left) {
      return textOf(top);
    }
    left -= step.cost;
    const { row } = step;
    if (row.shown === "nothing") {
      row.rows = [...row.folder.folders].map(([name, folder]) => ({
        name: written(name),
        folder,
        shown: "nothing",
        rows: [],
      }));
      steps.push(...row.rows.flatMap(stepsOf));
    }
    row.shown = step.to;
    steps.push(...stepsOf(row));
  }
}

/** What is shown of a folder: only its digest, its subfolders, or both its subfolders and its files. */
type Shown = "nothing" | "folders" | "files";

interface Row {
  /** The name as it is written. */
  readonly name: string;
  readonly folder: Folder;
  shown: Shown;
  rows: Row[];
}

/** The next steps to show more of it, with their bytes; empty when everything is shown. */
function stepsOf(row: Row): { row: Row; to: Shown; cost: number }[] {
  const { folder, shown } = row;
  if (shown === "files") {
    return [];
  }
  const to = shown === "nothing" && folder.files.size > 1 && folder.folders.size > 0 ? "folders" : "files";
  return [{ row, to, cost: sizeOf(row, to) - sizeOf(row, shown) }];
}

/** One sign and one digest. */
const mark = 1 + digestLength;

/** Bytes of a row that shows this much, with its subfolders folded. */
function sizeOf({ name, folder }: Row, shown: Shown): number {
  const own = Buffer.byteLength(name);
  if (shown === "nothing") {
    return own + mark;
  }
  const files = shown === "files" ? [...folder.files.keys()] : [""];
  const names = [...files, ...folder.folders.keys()];
  const inside = names.reduce((sum, each) => sum + Buffer.byteLength(written(each)) + mark, 0);
  return own + (name === "" ? 0 : 2) + inside + Math.max(0, names.length - 1);
}

function textOf({ name, folder, shown, rows }: Row): string {
  if (shown === "nothing") {
    return `${name}/${folder.digest}`;
  }
  const files = shown === "files" ? [...folder.files] : ([["", folder.filesDigest]] as const);
  const inside = [...files.map(([file, digest]) => `${written(file)}=${digest}`), ...rows.map(textOf)].join(",");
  return name === "" ? inside : `${name}(${inside})`;
}

/** Reads the text of {@link writeOutline}; throws {@link OutlineError} for anything else. */
export function readOutline(text: string): Outline {
  let rest = text;
  const take = (what: RegExp): RegExpExecArray | undefined => {
    const found = what.exec(rest) ?? undefined;
    rest = rest.slice(found?.[0].length);
    return found;
  };
  const outline = readFolded(text) ?? readFolder(take);
  if (!("folded" in outline) && rest !== "") {
    throw new OutlineError(`no outline of files: ${rest.slice(0, 40)}`);
  }
  return outline;
}

function readFolded(text: string): Outline | undefined {
  const folded = /^\/([\w-]{4})$/.exec(text)?.[1];
  return folded === undefined ? undefined : { folded };
}

/** `take` removes what matches from the start of the text that is left. */
function readFolder(take: (what: RegExp) => RegExpExecArray | undefined): Outline {
  const files = new Map<string, string>();
  const folders = new Map<string, Outline>();
  let together: string | undefined;
  do {
    const [, name, sign, digest = ""] = take(/^([^=/(),]*)(?:([=/])([\w-]{4})|\()/) ?? [];
    if (name === undefined) {
      break;
    }
    if (sign === "/") {
      folders.set(decoded(name), { folded: digest });
    } else if (sign === undefined) {
      folders.set(decoded(name), readFolder(take));
      if (!take(/^\)/)) {
        throw new OutlineError("a folder of an outline has no end");
      }
    } else if (name === "") {
      together = digest;
    } else {
      files.set(decoded(name), digest);
    }
  } while (take(/^,/));
  return { files: together ?? files, folders };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (error) {
    throw new OutlineError(`no name in an outline of files: ${name}`, { cause: error });
  }
}

/** Escapes characters that have a meaning here, or that JSON or Go's JSON would escape. */
function written(name: string): string {
  return name.replace(/[%=/(),"\\<>&\u2028\u2029\p{Cc}]/gu, (character) =>
    character === "(" ? "%28" : character === ")" ? "%29" : encodeURIComponent(character),
  );
}
