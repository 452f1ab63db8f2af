import { readdir, readFile, stat } from "node:fs/promises";

/** The names in a folder; empty when it does not exist. */
export async function namesIn(dir: string): Promise<string[]> {
  return (await unlessMissing(readdir(dir))) ?? [];
}

/** The text of a file, if it exists. */
export function textOf(file: string): Promise<string | undefined> {
  return unlessMissing(readFile(file, "utf8"));
}

/** The size of a file in bytes, if it exists. */
export async function sizeOf(file: string): Promise<number | undefined> {
  return (await unlessMissing(stat(file)))?.size;
}

/** The result, or undefined when the file does not exist. */
export async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
