import { readdir, readFile, stat } from "node:fs/promises";

/** What is in a folder; nothing when it is not there. */
export async function namesIn(dir: string): Promise<string[]> {
  return (await unlessMissing(readdir(dir))) ?? [];
}

/** The text of a file, if it is there. */
export function textOf(file: string): Promise<string | undefined> {
  return unlessMissing(readFile(file, "utf8"));
}

/** The bytes of a file, if it is there. */
export async function sizeOf(file: string): Promise<number | undefined> {
  return (await unlessMissing(stat(file)))?.size;
}

/** The result, or undefined when the file is not there. */
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
