import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import dockerignore from "@balena/dockerignore";
import { ContextError } from "./context-error";

/** Which files of a context Docker sends to a build. */
export interface IgnoreRules {
  /** Whether a rule leaves this path (POSIX, relative to the context) out of the build. */
  ignores(path: string): boolean;
  /** Whether some rule takes back what another one left out (`!`): then even an ignored folder has to be looked into. */
  readonly hasExceptions: boolean;
}

/**
 * Reads the rules as BuildKit does (docs.docker.com, "Build context", ".dockerignore files"): `<Dockerfile>.dockerignore` beside
 * the Dockerfile where there is one, else `.dockerignore` in the context.
 */
export async function readIgnoreRules(context: string, dockerfile: string): Promise<IgnoreRules> {
  const own = await readIfThere(join(dirname(dockerfile), `${basename(dockerfile)}.dockerignore`));
  return parseIgnoreRules(own ?? (await readIfThere(join(context, ".dockerignore"))) ?? "");
}

/**
 * The library does the matching; around it is what it does in another way than Docker:
 * upper and lower case differ in Docker; a byte order mark is skipped; `+ ( ) { } | ^` are plain characters; and the names of
 * JavaScript's own object members (`constructor`) are no special paths, for which all paths are put below a folder.
 */
export function parseIgnoreRules(text: string): IgnoreRules {
  const patterns = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "!");
  const rules = dockerignore({ ignorecase: false }).add(patterns.flatMap(belowFolder));
  const ignores = (path: string): boolean => rules.ignores(`${folder}/${path}`);
  try {
    ignores("any");
  } catch (error) {
    throw new ContextError(
      "build.context",
      `a .dockerignore pattern cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
  return { ignores, hasExceptions: patterns.some((pattern) => pattern.startsWith("!")) };
}

const folder = "context";

function belowFolder(pattern: string): string[] {
  const negated = pattern.startsWith("!");
  const clean = clear(negated ? pattern.slice(1).trim() : pattern);
  // "." names the context itself, and Docker takes no notice of it; what is outside of the context is never sent.
  if (clean === "" || clean === "." || clean.split("/")[0] === "..") return [];
  return [`${negated ? "!" : ""}${folder}/${escapeSpecials(clean)}`];
}

/** As Go's filepath.Clean, and without the leading slash that means the context. */
function clear(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.replace(/^\/+/, "").split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !pattern.startsWith("/")) parts.push(part);
  }
  return parts.join("/");
}

/** Outside of [classes], and unless escaped already. */
function escapeSpecials(pattern: string): string {
  return pattern.replace(/\\.|\[[^\]]*\]|[+(){}|^]/g, (found) => (found.length === 1 ? `\\${found}` : found));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw new ContextError(
      "build.context",
      `${path} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}
