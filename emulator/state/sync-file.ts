import { fsync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";

const sync = promisify(fsync);

/** Syncs an open file to disk. The file handles of Yarn's Plug'n'Play have no `sync()`. */
export function syncFile({ fd }: FileHandle): Promise<void> {
  return sync(fd);
}

/** Makes renames and removals in a folder durable across a power cut. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await syncFile(handle);
  } finally {
    await handle.close();
  }
}
