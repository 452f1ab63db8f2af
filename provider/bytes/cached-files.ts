import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Files that this user's processes keep for their next run. Several processes may use a folder at a time, and any of them may
 * remove a file. The time of a file's last use is its modification time.
 */

/** Milliseconds after which an unfinished file belongs to a process that is gone. */
const abandonedAfterMs = 60 * 60_000;

/** Writes a file under a temporary name and renames it, so that other processes see all of it or nothing. Makes its folder. */
export async function writeWhole(path: string, content: string | readonly Buffer[]): Promise<void> {
  const folder = dirname(path);
  const beside = join(folder, `.${randomUUID()}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(beside, content, { mode: 0o600 });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Removes the files that were unused for longest until the rest is within the limits, and what dead processes left behind. */
export async function trimFolder(folder: string, most: { bytes: number; files?: number }): Promise<void> {
  const files: { path: string; size: number; used: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const facts = await stat(path).catch(undefinedIfGone);
    if (facts === undefined || !facts.isFile()) {
      continue;
    }
    if (!name.startsWith(".")) {
      files.push({ path, size: facts.size, used: facts.mtimeMs });
    } else if (facts.mtimeMs < Date.now() - abandonedAfterMs) {
      await rm(path, { force: true });
    }
  }
  let bytes = 0;
  for (const [index, { path, size }] of files.sort((a, b) => b.used - a.used).entries()) {
    bytes += size;
    if (bytes > most.bytes || index >= (most.files ?? Number.POSITIVE_INFINITY)) {
      await rm(path, { force: true });
    }
  }
}

/** Another process may have removed it. */
function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
    throw error;
  }
}
