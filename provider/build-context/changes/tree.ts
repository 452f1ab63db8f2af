import { createHash } from "node:crypto";
import type { HashedEntry } from "../manifest";

/**
 * The files of a context as a tree in which each file and each folder has a short digest: of a file's record in the manifest, of a
 * folder's content all the way down. Two trees are compared from the top, and only where digests differ.
 */
export interface Folder {
  readonly digest: string;
  /** Of the files that lie in this folder itself. */
  readonly filesDigest: string;
  /** Digests of files and links by name. */
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlyMap<string, Folder>;
}

/** 24 bits in four characters: enough to see a change, since what decides is the whole hash and not this. */
export const digestLength = 4;

/** The tree of a context's entries; it depends on nothing else, not on their order either. */
export function treeOf(entries: readonly HashedEntry[]): Folder {
  const top = new Draft();
  for (const { path, kind, executable, sha256 } of entries) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    parts.reduce((folder, part) => folder.into(part), top).files.set(name, short(kind, executable ? "x" : "-", sha256));
  }
  return top.done();
}

/** How many files are in a folder, all the way down. */
export function filesIn(folder: Folder): number {
  return [...folder.folders.values()].reduce((sum, each) => sum + filesIn(each), folder.files.size);
}

/** The short digest of some texts; none of them may hold a NUL. */
export function short(...texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\0")).digest("base64url").slice(0, digestLength);
}

class Draft {
  readonly files = new Map<string, string>();
  readonly #folders = new Map<string, Draft>();

  into(name: string): Draft {
    const known = this.#folders.get(name) ?? new Draft();
    this.#folders.set(name, known);
    return known;
  }

  done(): Folder {
    const files = new Map([...this.files].sort(byName));
    const folders = new Map([...this.#folders].sort(byName).map(([name, folder]) => [name, folder.done()]));
    const filesDigest = short("files", ...[...files].flat());
    const below = [...folders].flatMap(([name, { digest }]) => [name, digest]);
    return { digest: short("folder", filesDigest, ...below), filesDigest, files, folders };
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
