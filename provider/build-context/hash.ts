import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readBuildFile } from "./build-file";
import { readIgnoreRules } from "./dockerignore";
import { hashFiles } from "./hash-files";
import { type BuildDeclaration, type HashedEntry, manifestBytes, manifestRecords } from "./manifest";
import { reading } from "./reading";
import { StatCache, type StatCacheOptions } from "./stat-cache";
import { contextEntries } from "./walk";

export { ContextError } from "./error";

/** A build to compute the identity of. */
export interface HashedBuild extends BuildDeclaration {
  /** Folder of the build's files, relative to the working directory. */
  readonly context: string;
  /** Default: `<context>/Dockerfile`. Relative to the working directory; may lie outside the context. */
  readonly dockerfile?: string | undefined;
}

/** The path of a build's Dockerfile. */
export function dockerfilePath({ context, dockerfile }: Pick<HashedBuild, "context" | "dockerfile">): string {
  return resolve(dockerfile ?? join(context, "Dockerfile"));
}

/** Everything that makes up a build's identity. */
export interface BuildContents {
  /** 64 hex digits: equal wherever the same sources are built, and different when anything differs that the build can see. */
  readonly contextHash: string;
  /** The hashed records; docs/context-hash.md defines them byte for byte. */
  readonly records: readonly string[];
  readonly dockerfile: { readonly sha256: string; readonly text: string };
  readonly entries: readonly HashedEntry[];
}

/** Reads and hashes everything that a build can see. Throws {@link ContextError} with the property that is at fault. */
export async function readContents(build: HashedBuild, cache: StatCacheOptions = {}): Promise<BuildContents> {
  const path = dockerfilePath(build);
  // The context itself may be a link; links within it are not followed.
  const context = await reading(resolve(build.context), () => realpath(build.context));
  const text = await readBuildFile(path, "build.dockerfile");
  const known = await StatCache.open({ context, dockerfile: path }, cache);
  const found = await contextEntries(context, await readIgnoreRules(context, path));
  const entries = await hashFiles(context, found, known);
  const dockerfile = { sha256: sha256(text), text: text.toString("utf8") };
  const records = manifestRecords(build, dockerfile.sha256, entries);
  return { contextHash: sha256(manifestBytes(records)), records, dockerfile, entries };
}

/** Only the identity of a build. */
export async function computeContextHash(build: HashedBuild): Promise<string> {
  return (await readContents(build)).contextHash;
}

function sha256(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}
