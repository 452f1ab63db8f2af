import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

/** One file, or folder (no content), for Docker to unpack. */
export interface TarEntry {
  /** Path from the root of the container, or of the build context. */
  readonly name: string;
  readonly mode: number;
  readonly content?: string;
  /** Default: root. */
  readonly uid?: number;
  readonly gid?: number;
}

/** An archive for `putArchive` at the path "/". */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, mode, uid = 0, gid = 0 } of entries) {
    const header = { name: name.replace(/^\//, ""), mode, uid, gid };
    if (content === undefined) {
      archive.entry({ ...header, type: "directory" });
    } else {
      archive.entry(header, content);
    }
  }
  archive.finalize();
  return buffer(archive);
}

/** The files in an archive from `getArchive`: last part of the name → content. For small files only. */
export async function filesOf(stream: NodeJS.ReadableStream): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const archive = stream.pipe(extract());
  for await (const entry of archive) {
    const content = await buffer(entry);
    if (entry.header.type === "file") {
      files.set(entry.header.name.split("/").at(-1) ?? "", content.toString("utf8"));
    }
  }
  return files;
}
