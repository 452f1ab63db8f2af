import { line } from "../inputs/text";

/** Largest number of bytes of one name in a path, as in file systems and the emulator. ICA documents no limit. */
const longestName = 255;
/**
 * Largest number of bytes of a path, including the archive's name. S3 allows keys of 1,024 bytes, and ICA adds a prefix to
 * the path.
 */
const longestFolder = 700;

/** A project folder, by its path. */
export const folderSchema = line(longestFolder)
  .regex(/^\/(?:[^/]+\/)*$/, { error: "must start and end with a slash, as in /bench-images/" })
  .check(({ value, issues }) => {
    const problem = problemOf(value);
    if (problem !== undefined) {
      issues.push({ code: "custom", message: problem, input: value });
    }
  });

function problemOf(path: string): string | undefined {
  if (path.length <= longestFolder && Buffer.byteLength(path) > longestFolder) {
    return `must have at most ${longestFolder} bytes`;
  }
  const names = path.split("/").filter((name) => name !== "");
  if (names.some((name) => name === "." || name === "..")) {
    return 'must not hold "." or ".." as a folder';
  }
  if (names.some((name) => name !== name.trim())) {
    return "must not hold a folder whose name starts or ends with a space";
  }
  if (names.some((name) => Buffer.byteLength(name) > longestName)) {
    return `must not hold a folder whose name has more than ${longestName} bytes`;
  }
  return undefined;
}
