import { statSync } from "node:fs";

/**
 * Whether there is a folder at a path. A path that nothing can have is none: one that is too long, holds a NUL, leads through
 * a file, or in a circle of links.
 */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
