import type { Dirent } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { ContextError } from "./context-error";
import type { IgnoreRules } from "./dockerignore";

/** One file or symbolic link that Docker sends to a build. */
export type ContextEntry =
  | {
      readonly kind: "file";
      /** POSIX, relative to the context. */
      readonly path: string;
      readonly bytes: number;
      /** The owner's execute bit, the only one that git keeps; always false on Windows, which has none. */
      readonly executable: boolean;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/**
 * Everything in a context that the rules leave in, in the byte order of the paths. Links are not followed. Folders count only by
 * what is in them, as in git: an empty one is no entry. Throws {@link ContextError} for what no build can use: sockets, pipes,
 * devices, names that are not UTF-8, folders that cannot be read.
 */
export async function contextEntries(context: string, rules: IgnoreRules): Promise<ContextEntry[]> {
  await assertFolder(context);
  const entries: { key: Buffer; entry: ContextEntry }[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const found of await list(context, folder)) {
      const name = found.name.toString("utf8");
      const path = folder === "" ? name : `${folder}/${name}`;
      const ignored = rules.ignores(path);
      if (found.isDirectory()) {
        if (!ignored || rules.hasExceptions) folders.push(utf8(path, found.name));
      } else if (!ignored) {
        const entry = await describe(context, utf8(path, found.name), found);
        entries.push({ key: Buffer.from(path), entry });
      }
    }
  }
  return entries.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}

async function assertFolder(context: string): Promise<void> {
  const found = await reading(context, () => stat(context));
  if (!found.isDirectory()) throw new ContextError("build.context", `${context} is not a folder`);
}

async function list(context: string, folder: string): Promise<Dirent<Buffer>[]> {
  const path = join(context, folder);
  return reading(path, () => readdir(path, { withFileTypes: true, encoding: "buffer" }));
}

async function describe(context: string, path: string, found: Dirent<Buffer>): Promise<ContextEntry> {
  const full = join(context, path);
  if (found.isSymbolicLink()) {
    const target = await reading(full, () => readlink(full, { encoding: "buffer" }));
    return { kind: "link", path, target: utf8(target.toString("utf8"), target) };
  }
  if (!found.isFile())
    throw new ContextError(
      "build.context",
      `${full} is ${kindOf(found)}, which no build can use. Remove it, or leave it out with .dockerignore.`,
    );
  const { size, mode } = await reading(full, () => lstat(full));
  return { kind: "file", path, bytes: size, executable: process.platform !== "win32" && (mode & 0o100) !== 0 };
}

function kindOf(found: Dirent<Buffer>): string {
  if (found.isSocket()) return "a socket";
  if (found.isFIFO()) return "a pipe";
  return "a device";
}

/** Docker's protocol carries names as UTF-8 and would alter others without a word. */
function utf8(text: string, name: Buffer): string {
  if (Buffer.from(name.toString("utf8")).equals(name)) return text;
  throw new ContextError(
    "build.context",
    `the name "${text}" is not UTF-8, so Docker cannot send it to a build as it is. Rename it, or leave it out with .dockerignore.`,
  );
}

/** Turns a system error into one at the property it belongs to. */
export async function reading<T>(
  path: string,
  read: () => Promise<T>,
  property: ContextError["property"] = "build.context",
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new ContextError(property, `${path} does not exist`);
    if (code === "EACCES" || code === "EPERM")
      throw new ContextError(
        property,
        `${path} may not be read by this user. Change its permissions, or leave it out with .dockerignore.`,
      );
    throw new ContextError(property, `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
