import type { Outline } from "./outline";
import { type Folder, filesIn } from "./tree";

/** One difference between an older outline and the current files. A folder stands for everything below it. */
export interface PathChange {
  readonly what: "changed" | "added" | "removed";
  /** POSIX, relative to the context. A folder ends with a slash; the context itself is empty. */
  readonly path: string;
  /** For a folder: only the files directly in it, not those in its subfolders. */
  readonly directly?: true;
  /** For an added folder: its number of files. */
  readonly files?: number;
}

/** The differences: files if the outline names files, else the folders that contain them. In the outline's order. */
export function changesSince(before: Outline, now: Folder, path = ""): PathChange[] {
  if ("folded" in before) {
    return before.folded === now.digest ? [] : [{ what: "changed", path }];
  }
  return [...fileChanges(before.files, now, path), ...folderChanges(before.folders, now, path)];
}

function fileChanges(before: ReadonlyMap<string, string> | string, now: Folder, path: string): PathChange[] {
  if (typeof before === "string") {
    return before === now.filesDigest ? [] : [{ what: "changed", path, directly: true }];
  }
  const kept = [...before].flatMap(([name, digest]): PathChange[] => {
    const file = now.files.get(name);
    if (file === digest) {
      return [];
    }
    return [{ what: file === undefined ? "removed" : "changed", path: `${path}${name}` }];
  });
  const added = [...now.files.keys()].filter((name) => !before.has(name));
  return [...kept, ...added.map((name): PathChange => ({ what: "added", path: `${path}${name}` }))];
}

function folderChanges(before: ReadonlyMap<string, Outline>, now: Folder, path: string): PathChange[] {
  const kept = [...before].flatMap(([name, outline]) => {
    const folder = now.folders.get(name);
    const below = `${path}${name}/`;
    return folder === undefined ? [{ what: "removed", path: below } as const] : changesSince(outline, folder, below);
  });
  const added = [...now.folders].filter(([name]) => !before.has(name));
  return [
    ...kept,
    ...added.map(([name, folder]): PathChange => ({ what: "added", path: `${path}${name}/`, files: filesIn(folder) })),
  ];
}
