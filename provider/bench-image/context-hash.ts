import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import pLimit from "p-limit";
import { type ContextEntry, contextEntries, reading } from "./context-files";
import { type BuildDeclaration, type HashedEntry, manifestBytes, manifestRecords } from "./context-manifest";
import { readIgnoreRules } from "./dockerignore";

export { ContextError } from "./context-error";

/** A build whose identity is asked for. */
export interface HashedBuild extends BuildDeclaration {
  /** Folder of the build's files; relative to the working directory. */
  readonly context: string;
  /** Default: `<context>/Dockerfile`. Relative to the working directory, and may lie outside of the context. */
  readonly dockerfile?: string | undefined;
}

/** Files that are read at a time: enough to keep a disk busy, few enough for the file descriptors of any machine. */
const filesAtOnce = 8;
/** Above this size a file is read piece by piece. */
const smallFile = 256 * 1024;

/** Where the Dockerfile of a build is. */
export function dockerfilePath({ context, dockerfile }: Pick<HashedBuild, "context" | "dockerfile">): string {
  return resolve(dockerfile ?? join(context, "Dockerfile"));
}

/**
 * The identity of a build: 64 hex digits that are the same wherever the same sources are built, and differ with anything that
 * the build can see. docs/context-hash.md defines it byte for byte. Throws {@link ContextError} at the property to blame.
 */
export async function computeContextHash(build: HashedBuild): Promise<string> {
  return createHash("sha256")
    .update(manifestBytes(await contextManifest(build)))
    .digest("hex");
}

/** The records that {@link computeContextHash} hashes, to show or compare. */
export async function contextManifest(build: HashedBuild): Promise<string[]> {
  const dockerfile = dockerfilePath(build);
  // The context itself may be a link; those within it are not followed.
  const context = await reading(resolve(build.context), () => realpath(build.context));
  const text = await reading(dockerfile, () => readFile(dockerfile), "build.dockerfile");
  const entries = await contextEntries(context, await readIgnoreRules(context, dockerfile));
  const limit = pLimit(filesAtOnce);
  const hashed = await Promise.all(entries.map((entry) => limit(() => hashEntry(context, entry))));
  return manifestRecords(build, sha256(text), hashed);
}

async function hashEntry(context: string, entry: ContextEntry): Promise<HashedEntry> {
  const { path } = entry;
  if (entry.kind === "link") return { kind: "link", path, executable: false, sha256: sha256(entry.target) };
  const full = join(context, path);
  const digest = await reading(full, () => (entry.bytes <= smallFile ? readFile(full).then(sha256) : hashStream(full)));
  return { kind: "file", path, executable: entry.executable, sha256: digest };
}

async function hashStream(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

function sha256(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}
