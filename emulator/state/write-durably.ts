import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { syncFile, syncFolder } from "./sync-file";

/** The end of the name of a file that is not complete yet. Only a crash leaves such a file behind. */
export const temporarySuffix = ".tmp";

/**
 * Replaces a file as a whole, readable by its owner only: after a crash it holds the old or the new content, never a
 * mixture. If it fails, for example on a full disk, the old content stays and no incomplete file takes up space.
 */
export async function writeDurably(file: string, content: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}${temporarySuffix}`;
  try {
    await writeSynced(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

async function writeSynced(file: string, content: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await syncFile(handle);
  } finally {
    await handle.close();
  }
}
