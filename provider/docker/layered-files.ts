import { posix } from "node:path";
import type { FolderEntry, ImageFile } from "./image-files";
import type { LayerEntries, LayerEntry } from "./layer-entries";

/** Largest number of links on the way to a file, as in the kernel. */
const mostLinks = 40;

/** The files of an image, from its layers: files that upper layers replace or remove are hidden. */
export class LayeredFiles {
  readonly #layers: readonly LayerEntries[];
  readonly #unread = new Set<string>();

  /** `layers`: base first. */
  constructor(layers: readonly LayerEntries[]) {
    this.#layers = [...layers].reverse();
  }

  /** Files whose content was requested but not kept. */
  get unread(): readonly string[] {
    return [...this.#unread];
  }

  /**
   * What is at a path, as in `docker cp`: links are followed, a link that leads nowhere is returned as a link, and a circle
   * is undefined.
   */
  read(path: string): ImageFile | undefined {
    const absolute = posix.resolve("/", path);
    const folder = this.#resolve(posix.dirname(absolute));
    if (folder === undefined) {
      return undefined;
    }
    const place = posix.join(folder, posix.basename(absolute));
    const own = this.#at(place);
    if (own?.type !== "symlink") {
      return own === undefined ? undefined : this.#file(place, own);
    }
    const target = this.#resolve(place);
    if (target === undefined) {
      return undefined;
    }
    const entry = this.#at(target);
    return entry === undefined ? this.#file(place, own, own.linkname) : this.#file(target, entry, own.linkname);
  }

  /** The first wanted entries below a folder, up to a limit; does not search below links. */
  find(folder: string, wanted: (entry: FolderEntry) => boolean, most: number): FolderEntry[] {
    const start = `${posix.resolve("/", folder)}/`;
    const paths = new Set(
      this.#layers.flatMap(({ entries }) => [...entries.keys()].filter((p) => p.startsWith(start))),
    );
    const found: FolderEntry[] = [];
    for (const path of [...paths].sort()) {
      if (found.length >= most) {
        break;
      }
      const entry = this.#at(path);
      const described = entry && { path: path.slice(start.length), uid: entry.uid };
      if (described !== undefined && wanted(described)) {
        found.push(described);
      }
    }
    return found;
  }

  #file(path: string, { type, mode, uid, gid, size, kept }: LayerEntry, linkname?: string): ImageFile {
    const unread = this.#unread;
    return {
      type: type === "hardlink" ? "other" : type,
      mode,
      uid,
      gid,
      size,
      ...(linkname === undefined ? {} : { linkname }),
      get content() {
        if (kept === undefined) {
          unread.add(path);
        }
        return kept ?? Buffer.alloc(0);
      },
    };
  }

  /** The path with all links resolved, even if it does not exist; undefined for links in a circle. */
  #resolve(path: string): string | undefined {
    const names = path.split("/");
    let at = "/";
    for (let links = 0; ; ) {
      const name = names.shift();
      if (name === undefined) {
        return at;
      }
      if (name === "..") {
        at = posix.dirname(at);
      }
      if (name === "" || name === "." || name === "..") {
        continue;
      }
      const next = posix.join(at, name);
      const entry = this.#at(next);
      if (entry?.type !== "symlink") {
        // A missing entry may be a folder that its layer does not list.
        at = next;
        continue;
      }
      if (++links > mostLinks) {
        return undefined;
      }
      const target = entry.linkname ?? "";
      if (target.startsWith("/")) {
        at = "/";
      }
      names.unshift(...target.split("/"));
    }
  }

  /** The visible entry at a path whose folders are not links. */
  #at(path: string): LayerEntry | undefined {
    const folders = foldersOf(path);
    for (const { entries, removed, opaque } of this.#layers) {
      const entry = entries.get(path);
      if (entry !== undefined) {
        return entry.type === "hardlink" ? linked(entries, entry) : entry;
      }
      if (removed.has(path)) {
        return undefined;
      }
      for (const folder of folders) {
        const replaced = entries.get(folder);
        const hidden = replaced !== undefined && replaced.type !== "directory";
        if (hidden || removed.has(folder) || opaque.has(folder)) {
          return undefined;
        }
      }
    }
    return undefined;
  }
}

/** A hard link refers to a file of the same layer. */
function linked(entries: LayerEntries["entries"], { linkname = "" }: LayerEntry): LayerEntry | undefined {
  const target = entries.get(posix.resolve("/", linkname));
  return target?.type === "hardlink" ? undefined : target;
}

/** `/a/b/c` → `/a`, `/a/b`; and the root, which may be opaque. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = posix.dirname(path); ; at = posix.dirname(at)) {
    folders.push(at);
    if (at === "/") {
      return folders;
    }
  }
}
