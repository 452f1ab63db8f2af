import { readFileSync } from "node:fs";
import path from "node:path";

/** The schema of this plugin in JSON: its resources, functions and settings, for the engine and for generated SDKs. */
export function schemaText(): string {
  return readFileSync(path.join(__dirname, "schema.json"), "utf8");
}
