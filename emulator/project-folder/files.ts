import { COPYFILE_FICLONE } from "node:constants";
import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, chown, copyFile, lstat, mkdir, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import path from "node:path";
import { benchGid, benchUid } from "../../runtime/bench-facts";
import { inFolder, partsOf, unlessGone } from "./safe-paths";

/**
 * Creates a folder, or a file as a whole: a copy of `content` that moves into place in one step. Follows no link below
 * `root`. Returns the result's stats.
 */
export function writeBelow(root: string, at: string, content: string | undefined): Promise<Stats> {
  return inParent(root, at, async (target) => {
    if (content === undefined) {
      // The folder exists already if its content is newer.
      await mkdir(target, { recursive: true });
      await giveToUser(target, 0o755);
      return lstat(target);
    }
    const temporary = `${root}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      // A copy, not a link: the workspace may write to it, and the project's object must not change under its ETag.
      await copyFile(content, temporary, COPYFILE_FICLONE);
      await giveToUser(temporary, 0o644);
      await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
    return lstat(target);
  });
}

/** Removes copies that a kill left unfinished. Call it only while nothing writes to the folder. */
export async function removeUnfinished(root: string): Promise<void> {
  const { dir, base } = path.parse(root);
  for (const name of await readdir(dir)) {
    if (name.startsWith(`${base}.`) && /^\.[0-9a-f]{12}\.tmp$/.test(name.slice(base.length))) {
      await rm(path.join(dir, name), { force: true });
    }
  }
}

/** Removes a file or an empty folder. No error when it is missing; a folder with new content stays. */
export async function unlinkBelow(root: string, at: string): Promise<void> {
  await unlessGone(inParent(root, at, (target) => (at.endsWith("/") ? rmdirIfEmpty(target) : unlink(target))));
}

async function rmdirIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOTEMPTY")) {
      throw error;
    }
  }
}

/**
 * Gives a path to the workspace's user if the emulator may change owners. Otherwise makes it writable for all users:
 * only the emulator's user can enter the parent folder.
 */
export async function giveToUser(target: string, mode: number): Promise<void> {
  const uid = process.getuid?.();
  if (uid === 0) {
    await chown(target, benchUid, benchGid);
  }
  await chmod(target, uid === 0 || uid === benchUid ? mode : mode | (mode & 0o111 ? 0o777 : 0o666));
}

function inParent<T>(root: string, at: string, use: (target: string) => Promise<T>): Promise<T> {
  const parts = partsOf(at);
  return inFolder(root, parts.slice(0, -1), (folder) => use(`${folder}/${parts.at(-1) ?? ""}`));
}
