import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** GitHub's `hashFiles`, for patterns of the form `folder/**` and for plain paths. Empty when no file matches. */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const files = patterns.flatMap((pattern) => {
    const folder = pattern.replace(/\/\*\*$/, "");
    if (/[*?[]/.test(folder)) throw new Error(`this runner knows no pattern like ${pattern}`);
    return folder === pattern ? [pattern] : below(workspace, folder);
  });
  if (files.length === 0) return "";
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(readFileSync(path.join(workspace, file)));
  return hash.digest("hex");
}

function below(workspace: string, folder: string): string[] {
  return readdirSync(path.join(workspace, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(workspace, path.join(entry.parentPath, entry.name)));
}
