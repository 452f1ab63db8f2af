import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import path from "node:path";

/** A folder or a file. Links, pipes, sockets and devices never become data of the project. */
export interface Seen {
  readonly type: "FILE" | "FOLDER";
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

const directory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Gives `use` a path to the folder at `parts` below `root`. A symbolic link, even one made meanwhile, cannot lead it
 * outside: on Linux each folder is opened relative to its parent, and the path is that of the open folder. On other
 * systems each folder is checked first. Rejects with ENOENT, ENOTDIR or ELOOP when there is no such folder.
 */
export async function inFolder<T>(
  root: string,
  parts: readonly string[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  if (process.platform !== "linux") {
    return use(await lookedAt(root, parts));
  }
  let handle = await open(root, directory);
  try {
    for (const part of parts) {
      const next = await open(`${byHandle(handle)}/${part}`, directory);
      await handle.close();
      handle = next;
    }
    return await use(byHandle(handle));
  } finally {
    await handle.close();
  }
}

function byHandle({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

async function lookedAt(root: string, parts: readonly string[]): Promise<string> {
  let folder = root;
  for (const part of parts) {
    folder = path.join(folder, part);
    if (!(await lstat(folder)).isDirectory()) {
      throw Object.assign(new Error(`${folder} is not a folder`), { code: "ENOTDIR" });
    }
  }
  return folder;
}

/** Opens a regular file for reading, and follows no link. Undefined when there is no such file. */
export async function openReal(root: string, parts: readonly string[]): Promise<FileHandle | undefined> {
  const name = parts.at(-1) ?? "";
  const handle = await inFolder(root, parts.slice(0, -1), (folder) =>
    // Without O_NONBLOCK, opening a pipe without a writer would block.
    open(`${folder}/${name}`, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  );
  if ((await handle.stat()).isFile()) {
    return handle;
  }
  await handle.close();
  return undefined;
}

/**
 * All files and folders below `root`, by path in the project's notation: `/a/`, `/a/b.txt`. Calls `ignored` for each
 * name that the project cannot have. Rejects when a folder cannot be read, because a part must not count as the whole.
 */
export async function seenBelow(
  root: string,
  isName: (name: string) => boolean,
  ignored: (where: string) => void,
): Promise<Map<string, Seen>> {
  const found = new Map<string, Seen>();
  const folders: string[][] = [[]];
  for (let parts = folders.pop(); parts !== undefined; parts = folders.pop()) {
    const here = parts;
    const above = here.map((part) => `${part}/`).join("");
    await unlessGone(
      inFolder(root, here, async (folder) => {
        for (const name of await readdir(folder)) {
          const stats = await unlessGone(lstat(`${folder}/${name}`));
          if (stats === undefined || !isName(name) || !(stats.isFile() || stats.isDirectory())) {
            ignored(`/${above}${name}`);
            continue;
          }
          const { size, mtimeMs, ino } = stats;
          const isFolder = stats.isDirectory();
          found.set(`/${above}${name}${isFolder ? "/" : ""}`, {
            type: isFolder ? "FOLDER" : "FILE",
            ...{ size, mtimeMs, ino },
          });
          if (isFolder) {
            folders.push([...here, name]);
          }
        }
      }),
    );
  }
  return found;
}

const gone: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

/** Undefined when the file was removed or replaced in the meantime. */
export async function unlessGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && "code" in error && gone.has(error.code)) {
      return undefined;
    }
    throw error;
  }
}

/** `/a/b.txt` and `/a/b/` → `["a", "b.txt"]` and `["a", "b"]`. */
export function partsOf(projectPath: string): string[] {
  return projectPath.split("/").filter(Boolean);
}
