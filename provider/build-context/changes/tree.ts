import { createHash } from "node:crypto";
import type { HashedEntry } from "../manifest";

/**
 * The files of a context as a tree in which each file and each folder has a short digest: for a file, of its record in the
 * manifest; for a folder, of everything in it. To compare two trees, start at the top and go down where digests differ.
 */
export interface Folder {
  readonly digest: string;
  /** Digest of the files directly in this folder. */
  readonly filesDigest: string;
  /** Digests of files and links by name. */
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlyMap<string, Folder>;
}

/** 24 bits in four characters: enough to show a change, since only the full hash decides. */
export const digestLength = 4;

/** The tree of a context's entries; it depends on nothing else, and not on their order. */
export function treeOf(entries: readonly HashedEntry[]): Folder {
  const top = new Draft();
  for (const { path, kind, executable, sha256 } of entries) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    parts.reduce((folder, part) => folder.into(part), top).files.set(name, short(kind, executable ? "x" : "-", sha256));
  }
  return top.done();
}

/** How many files a folder contains, at any depth. */
export function filesIn(folder: Folder): number {
  return [...folder.folders.values()].reduce((sum, each) => sum + filesIn(each), folder.files.size);
}

/** The short digest of some strings; none may contain a NUL. */
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
