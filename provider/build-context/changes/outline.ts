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
  if (left < 0) return undefined;
  const steps = stepsOf(top);
  for (;;) {
    // The cheapest step first: this keeps the most places where a change can be shown.
    const cheapest = steps.reduce((best, step, index) => (step.cost < (steps[best]?.cost ?? 0) ? index : best), 0);
    const [step] = steps.splice(cheapest, 1);
    if (step === undefined || step.cost > left) return textOf(top);
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
  if (shown === "files") return [];
  const to = shown === "nothing" && folder.files.size > 1 && folder.folders.size > 0 ? "folders" : "files";
  return [{ row, to, cost: sizeOf(row, to) - sizeOf(row, shown) }];
}

/** One sign and one digest. */
const mark = 1 + digestLength;

/** Bytes of a row that shows this much, with its subfolders folded. */
function sizeOf({ name, folder }: Row, shown: Shown): number {
  const own = Buffer.byteLength(name);
  if (shown === "nothing") return own + mark;
  const files = shown === "files" ? [...folder.files.keys()] : [""];
  const names = [...files, ...folder.folders.keys()];
  const inside = names.reduce((sum, each) => sum + Buffer.byteLength(written(each)) + mark, 0);
  return own + (name === "" ? 0 : 2) + inside + Math.max(0, names.length - 1);
}

function textOf({ name, folder, shown, rows }: Row): string {
  if (shown === "nothing") return `${name}/${folder.digest}`;
  const files = shown === "files" ? [...folder.files] : ([["", folder.filesDigest]] as const);
  const inside = [...files.map(([file, digest]) => `${written(file)}=${digest}`), ...rows.map(textOf)].join(",");
  return name === "" ? inside : `${name}(${inside})`;
}

/** Reads the text of {@link writeOutline}; throws {@link OutlineError} for anything else. */
export function readOutline(text: string): Outline {
  const reader = new Reader(text);
  const outline = reader.outline();
  if (!reader.atEnd) throw new OutlineError(`no outline of files: ${text.slice(0, 40)}`);
  return outline;
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  outline(): Outline {
    if (this.#text.startsWith("/", this.#at)) {
      this.#at++;
      return { folded: this.#digest() };
    }
    const files = new Map<string, string>();
    const folders = new Map<string, Outline>();
    let together: string | undefined;
    while (!this.atEnd && this.#text[this.#at] !== ")") {
      const name = this.#name();
      const sign = this.#text[this.#at];
      if (sign === "=") {
        this.#at++;
        if (name === "") together = this.#digest();
        else files.set(name, this.#digest());
      } else if (sign === "/") {
        this.#at++;
        folders.set(name, { folded: this.#digest() });
      } else if (sign === "(") {
        this.#at++;
        folders.set(name, this.outline());
        if (this.#text[this.#at] !== ")") throw new OutlineError("a folder of an outline has no end");
        this.#at++;
      } else throw new OutlineError(`no outline of files: ${this.#text.slice(this.#at, this.#at + 40)}`);
      if (this.#text[this.#at] === ",") this.#at++;
    }
    return { files: together ?? files, folders };
  }

  #name(): string {
    const end = /[=/(),]|$/g;
    end.lastIndex = this.#at;
    const name = this.#text.slice(this.#at, end.exec(this.#text)?.index);
    this.#at += name.length;
    try {
      return decodeURIComponent(name);
    } catch (error) {
      throw new OutlineError(`no name in an outline of files: ${name}`, { cause: error });
    }
  }

  #digest(): string {
    const digest = this.#text.slice(this.#at, this.#at + digestLength);
    if (digest.length !== digestLength || !/^[\w-]+$/.test(digest))
      throw new OutlineError(`no digest in an outline of files: ${digest}`);
    this.#at += digestLength;
    return digest;
  }
}

/** Escapes characters that have a meaning here, or that JSON or Go's JSON would escape. */
function written(name: string): string {
  return name.replace(/[%=/(),"\\<>&\u2028\u2029\p{Cc}]/gu, (character) =>
    character === "(" ? "%28" : character === ")" ? "%29" : encodeURIComponent(character),
  );
}
