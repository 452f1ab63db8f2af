import { type Dirent, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { IgnoreRules, Verdict } from "./dockerignore";
import { ContextError } from "./error";
import { isClosed, reading, readingNow, unreadable } from "./reading";
import type { FileLook } from "./stat-cache";
import { EventLoopYielder } from "./yield-to-event-loop";

/** A file or symbolic link that Docker sends to a build. */
export type ContextEntry =
  | {
      readonly kind: "file";
      /** POSIX, relative to the context. */
      readonly path: string;
      readonly bytes: number;
      /** The owner's execute bit, the only one that git keeps; always false on Windows, which has none. */
      readonly executable: boolean;
      readonly look: FileLook;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/**
 * All entries of a context that the rules include, in the byte order of their paths. Links are not followed. As in git,
 * folders count only by their content: an empty one is not an entry. Throws {@link ContextError} for anything that a build
 * cannot use: sockets, pipes, devices, names that are not UTF-8, unreadable folders.
 */
export async function contextEntries(context: string, rules: IgnoreRules): Promise<ContextEntry[]> {
  await assertFolder(context);
  const entries: { key: Buffer; entry: ContextEntry }[] = [];
  const folders: Folder[] = [{ path: "", verdict: undefined }];
  const turns = new EventLoopYielder();
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await turns.yieldIfDue();
    for (const found of list(context, folder)) {
      const name = found.name.toString("utf8");
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      const verdict = rules.judge(path, folder.verdict);
      if (found.isDirectory()) {
        if (!verdict.ignored || rules.mayHoldException(path)) {
          folders.push({ path: utf8(path, found.name), verdict });
        }
      } else if (!verdict.ignored) {
        const entry = describe(context, utf8(path, found.name), found);
        entries.push({ key: Buffer.from(path), entry });
      }
    }
  }
  return entries.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}

/** A folder to search. The context itself has no verdict, since no rule ignores it. */
interface Folder {
  readonly path: string;
  readonly verdict: Verdict | undefined;
}

async function assertFolder(context: string): Promise<void> {
  const found = await reading(context, () => stat(context));
  if (!found.isDirectory()) {
    throw new ContextError("build.context", `${context} is not a folder`);
  }
}

function list(context: string, folder: Folder): Dirent<Buffer>[] {
  const path = join(context, folder.path);
  try {
    return readdirSync(path, { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    // As in Docker: an ignored folder that is searched only for exceptions may be unreadable.
    if (folder.verdict?.ignored === true && isClosed(error)) {
      return [];
    }
    throw unreadable(path, error, "build.context");
  }
}

function describe(context: string, path: string, found: Dirent<Buffer>): ContextEntry {
  const full = join(context, path);
  if (found.isSymbolicLink()) {
    const target = readingNow(full, () => readlinkSync(full, { encoding: "buffer" }));
    return { kind: "link", path, target: utf8(target.toString("utf8"), target) };
  }
  if (!found.isFile()) {
    throw new ContextError(
      "build.context",
      `${full} is ${kindOf(found)}, which no build can use. Remove it, or leave it out with .dockerignore.`,
    );
  }
  const { size, mode, ino, mtimeNs, ctimeNs } = readingNow(full, () => lstatSync(full, { bigint: true }));
  return {
    kind: "file",
    path,
    bytes: Number(size),
    executable: process.platform !== "win32" && (mode & 0o100n) !== 0n,
    look: {
      state: `${size} ${mtimeNs} ${ctimeNs} ${ino} ${mode}`,
      changedMs: Number(later(mtimeNs, ctimeNs) / 1_000_000n),
    },
  };
}

function later(a: bigint, b: bigint): bigint {
  return a < b ? b : a;
}

function kindOf(found: Dirent<Buffer>): string {
  if (found.isSocket()) {
    return "a socket";
  }
  if (found.isFIFO()) {
    return "a pipe";
  }
  return "a device";
}

/** Docker's protocol transfers names as UTF-8 and would silently change other names. */
function utf8(text: string, name: Buffer): string {
  if (Buffer.from(name.toString("utf8")).equals(name)) {
    return text;
  }
  throw new ContextError(
    "build.context",
    `the name "${text}" is not UTF-8, so Docker cannot send it to a build as it is. Rename it, or leave it out with .dockerignore.`,
  );
}
