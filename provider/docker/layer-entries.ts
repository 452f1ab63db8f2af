import { posix } from "node:path";
import { extract, type Headers as Header } from "tar-stream";
import { feed } from "../bytes/stream";
import { type ImageFile, kindOf, largestContent } from "./image-files";

/**
 * What one layer of an image adds, replaces and removes (OCI image specification, "Image Layer Filesystem Changeset"). Keeps
 * only small texts, since an image is larger than the memory.
 */
export interface LayerEntries {
  readonly entries: ReadonlyMap<string, LayerEntry>;
  /** Paths of lower layers that this layer removes (`.wh.NAME`). */
  readonly removed: ReadonlySet<string>;
  /** Folders that hide everything in lower layers (`.wh..wh..opq`). */
  readonly opaque: ReadonlySet<string>;
}

/** An entry. `kept` is undefined when the content was skipped: the file was large, or there were too many. */
export interface LayerEntry extends Omit<ImageFile, "content" | "type"> {
  readonly type: ImageFile["type"] | "hardlink";
  readonly kept: Buffer | undefined;
}

/** How much more text may be kept, for all layers together. */
export class TextBudget {
  #left: number;
  constructor(bytes: number) {
    this.#left = bytes;
  }
  takes(bytes: number): boolean {
    if (bytes > this.#left) {
      return false;
    }
    this.#left -= bytes;
    return true;
  }
}

/** Largest number of bytes of all texts that are kept of an image. */
export const keptText = 8 * 1024 * 1024;
/** In bytes; start scripts and configurations are far smaller. */
const largestText = 64 * 1024;

/** Where start scripts and the files they name are. Leaves out whole trees of programs and documents. */
const textFolders = /^\/(?:etc|home|opt|srv|usr\/local|usr\/share\/(?!doc\/|info\/|locale\/|man\/|zoneinfo\/))/;
const programTrees = /\/(?:site-packages|dist-packages|node_modules|include|pkgs)\//;

/** Reads a layer, an uncompressed tar. `always`: files that are always kept, up to {@link largestContent}. */
export async function readLayer(
  layer: AsyncIterable<Buffer>,
  always: ReadonlySet<string>,
  budget: TextBudget,
): Promise<LayerEntries> {
  const entries = new Map<string, LayerEntry>();
  const removed = new Set<string>();
  const opaque = new Set<string>();
  const reader = extract();
  const fed = feed(layer, reader);
  for await (const entry of reader) {
    const path = posix.resolve("/", entry.header.name);
    const name = posix.basename(path);
    if (name === ".wh..wh..opq") {
      opaque.add(posix.dirname(path));
    } else if (name.startsWith(".wh.")) {
      removed.add(posix.join(posix.dirname(path), name.slice(4)));
    } else {
      const kept = await keep(entry, entry.header, path, always, budget);
      entries.set(path, { ...describe(entry.header), kept });
    }
    entry.resume();
  }
  await fed;
  return { entries, removed, opaque };
}

async function keep(
  content: AsyncIterable<unknown>,
  { type, size = 0 }: Header,
  path: string,
  always: ReadonlySet<string>,
  budget: TextBudget,
): Promise<Buffer | undefined> {
  if (type !== "file" || size === 0) {
    return noBytes;
  }
  const wanted = always.has(path);
  if (!wanted && (size > largestText || !textFolders.test(path) || programTrees.test(path))) {
    return undefined;
  }
  const bytes = await start(content, largestContent);
  if (wanted) {
    return bytes;
  }
  // Of a program, keep only the fact that it is one.
  if (bytes.includes(0)) {
    return aProgram;
  }
  return budget.takes(bytes.length) ? bytes : undefined;
}

const noBytes = Buffer.alloc(0);
/** Stands for the content of small files that are not text. */
const aProgram = Buffer.from([0]);

async function start(content: AsyncIterable<unknown>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of content) {
    if (!Buffer.isBuffer(chunk)) {
      throw new TypeError("a tar entry is made of bytes");
    }
    if (length < most) {
      chunks.push(chunk);
    }
    length += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

function describe(header: Header): Omit<LayerEntry, "kept"> {
  const { type, mode = 0, uid = 0, gid = 0, size = 0, linkname } = header;
  const link = (type === "symlink" || type === "link") && typeof linkname === "string" ? { linkname } : {};
  return { type: type === "link" ? "hardlink" : kindOf(type), mode: mode & 0o7777, uid, gid, size, ...link };
}
