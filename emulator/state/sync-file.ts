import { fsync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";

const sync = promisify(fsync);

/** Syncs an open file to disk. The file handles of Yarn's Plug'n'Play have no `sync()`. */
export function syncFile({ fd }: FileHandle): Promise<void> {
  return sync(fd);
}
