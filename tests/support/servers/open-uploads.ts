import { readdir } from "node:fs/promises";
import path from "node:path";

/** Multipart uploads with parts left in an emulator's object store. `dir`: the emulator's folder. */
export async function openUploads(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && path.basename(entry.parentPath).endsWith("_uploads"))
    .map(({ name }) => name);
}
