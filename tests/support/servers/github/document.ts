import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * GitHub's own OpenAPI document, cut down to the calls of `ica-bench comment` by scripts/cut-github-document.mjs. Parsed again for each
 * server, because the validator changes what it gets.
 */
export function githubDocument() {
  return JSON.parse(readFileSync(path.join(__dirname, "openapi.json"), "utf8"));
}
