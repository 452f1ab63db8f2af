import { posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Extract, extract, type Headers as Header } from "tar-stream";

/** What an image has at a path. The fields describe the target of a symbolic link. */
export interface ImageFile {
  /** `symlink` only for a link that leads nowhere. */
  readonly type: "file" | "directory" | "symlink" | "other";
  /** Permission bits, for example 0o755. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In bytes. */
  readonly size: number;
  /** The direct target of the path, if it is a symbolic link. */
  readonly linkname?: string;
  /** The first bytes of a file, at most {@link largestContent}; empty for everything else. */
  readonly content: Buffer;
}

/** Number of bytes to read of a file; the rest of a larger file stays unread. */
export const largestContent = 1024 * 1024;

/** Copies one path out of an image as a tar stream; undefined when the path does not exist. */
export type CopyOut = (path: string, followLink: boolean) => Promise<Readable | undefined>;

/** Reads what is at a path, with `docker cp` (see Docker.withFiles). */
export async function readImageFile(path: string, copyOut: CopyOut): Promise<ImageFile | undefined> {
  const absolute = posix.resolve("/", path);
  const first = await firstEntry(await copyOut(absolute, false));
  if (first?.type !== "symlink") {
    return first;
  }
  // The engine follows the whole chain of links in the image. A link that leads nowhere is returned as a link.
  const target = await firstEntry(await copyOut(absolute, true));
  return target === undefined || first.linkname === undefined ? first : { ...target, linkname: first.linkname };
}

/** A file, folder or link below a folder of an image. */
export interface FolderEntry {
  /** Relative to the folder, without a slash at either end. */
  readonly path: string;
  readonly uid: number;
}

/** The first wanted entries below a folder, up to a limit; none if the folder does not exist. */
export async function findInImageFolder(
  folder: string,
  wanted: (entry: FolderEntry) => boolean,
  most: number,
  copyOut: CopyOut,
): Promise<FolderEntry[]> {
  const archive = await copyOut(folder, false);
  if (archive === undefined) {
    return [];
  }
  const entries = extract();
  const fed = pipeline(archive, entries);
  const [read] = await Promise.allSettled([pick(entries, wanted, most), fed]);
  if (read.status === "rejected") {
    throw read.reason;
  }
  return read.value;
}

async function pick(entries: Extract, wanted: (entry: FolderEntry) => boolean, most: number): Promise<FolderEntry[]> {
  const found: FolderEntry[] = [];
  for await (const entry of entries) {
    const path = entry.header.name.split("/").slice(1).join("/").replace(/\/$/, "");
    const described = { path, uid: entry.header.uid ?? 0 };
    if (path !== "" && wanted(described)) {
      found.push(described);
    }
    if (found.length >= most) {
      break;
    }
    entry.resume();
  }
  return found;
}

async function firstEntry(archive: Readable | undefined): Promise<ImageFile | undefined> {
  if (archive === undefined) {
    return undefined;
  }
  const entries = extract();
  const fed = pipeline(archive, entries);
  const [read] = await Promise.allSettled([readFirst(entries), fed]);
  if (read.status === "rejected") {
    throw read.reason;
  }
  return read.value;
}

async function readFirst(entries: Extract): Promise<ImageFile | undefined> {
  // Leaving the loop ends the stream and with it the copy: only the folder's own entry is needed.
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    let length = 0;
    if (entry.header.type === "file") {
      for await (const chunk of entry) {
        if (!Buffer.isBuffer(chunk)) {
          throw new TypeError("a tar entry is made of bytes");
        }
        chunks.push(chunk);
        length += chunk.length;
        if (length >= largestContent) {
          break;
        }
      }
    }
    return describe(entry.header, Buffer.concat(chunks).subarray(0, largestContent));
  }
  return undefined;
}

function describe(header: Header, content: Buffer): ImageFile {
  const { type, mode = 0, uid = 0, gid = 0, size = 0, linkname } = header;
  const kind = kindOf(type);
  const link = kind === "symlink" && typeof linkname === "string" ? { linkname } : {};
  return { type: kind, mode: mode & 0o7777, uid, gid, size, content, ...link };
}

/** The type of a tar entry, reduced to what matters here. */
export function kindOf(type: Header["type"]): ImageFile["type"] {
  if (type === "file" || type === "contiguous-file") {
    return "file";
  }
  return type === "directory" || type === "symlink" ? type : "other";
}
