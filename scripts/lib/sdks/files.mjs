import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../paths.mjs";

/** The schema that the SDKs are made from. */
export const schemaFile = "provider/plugin/schema.json";

/** The checksums of the schema and of all generated files: `sha256sum -c sdk/checksums.txt` in the root compares them. */
export const checksumsFile = "sdk/checksums.txt";

/** The folders that hold nothing but generated files. */
export const generatedFolders = ["sdk/python/pulumi_ica", "sdk/go/ica"];

/** The files below a folder, in the order of their names, with slashes. Leaves out what Python compiles. */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("__pycache__"))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

/** The text of the file of checksums, for files given relative to the root. */
export function checksums(files) {
  const line = (file) => {
    const digest = createHash("sha256")
      .update(readFileSync(join(root, file)))
      .digest("hex");
    return `${digest}  ${file}\n`;
  };
  return [...files].sort().map(line).join("");
}
