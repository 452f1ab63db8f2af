import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readRegularFile } from "../bytes/regular-file";
import { ContextError } from "./error";
import { reading } from "./reading";

/** Largest number of links to follow in a path, as in Linux. */
const mostLinks = 40;

/**
 * Reads a Dockerfile or a .dockerignore as a build does. BuildKit gets the file's folder and nothing above it, so a link
 * that leads out of that folder leads nowhere: such a Dockerfile is missing, and the rules of such a .dockerignore do not
 * apply. Throws {@link ContextError}, also for a missing file unless it is `optional`.
 */
export async function readBuildFile(path: string, property: ContextError["property"]): Promise<Buffer>;
export async function readBuildFile(
  path: string,
  property: ContextError["property"],
  may: "be missing",
): Promise<Buffer | undefined>;
export async function readBuildFile(
  path: string,
  property: ContextError["property"],
  may?: "be missing",
): Promise<Buffer | undefined> {
  const folder = resolve(dirname(path));
  const found = await reading(path, () => notThere(lstat(path), may), property);
  if (found === undefined) {
    return undefined;
  }
  const inside = found.isSymbolicLink()
    ? await reading(path, async () => follow(await realpath(folder), basename(path)), property)
    : path;
  if (inside === undefined) {
    throw new ContextError(
      property,
      `${path} is a link that leads out of ${folder}, where no build follows it. Put the file itself there.`,
    );
  }
  return reading(path, () => readRegularFile(inside), property);
}

async function notThere<T>(found: Promise<T>, may: "be missing" | undefined): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code));
    if (may === "be missing" && isMissing) {
      return undefined;
    }
    throw error;
  }
}

/** Resolves a path as if `root` were the whole file system. Undefined when it leads nowhere. */
async function follow(root: string, path: string): Promise<string | undefined> {
  const left = path.split("/");
  let at: string[] = [];
  for (let links = 0; left.length > 0; ) {
    const step = left.shift() ?? "";
    if (step === "" || step === ".") {
      continue;
    }
    if (step === "..") {
      at = at.slice(0, -1);
      continue;
    }
    const full = join(root, ...at, step);
    const found = await lstat(full).catch(() => undefined);
    if (found === undefined) {
      return undefined;
    }
    if (!found.isSymbolicLink()) {
      at.push(step);
      continue;
    }
    if (++links > mostLinks) {
      return undefined;
    }
    const target = await readlink(full);
    if (target.startsWith("/")) {
      at = [];
    }
    left.unshift(...target.split("/"));
  }
  return join(root, ...at);
}
