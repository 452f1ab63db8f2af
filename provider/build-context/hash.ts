import { createHash } from "node:crypto";
import { hashFiles } from "./hash-files";
import { type BuildPlace, type ContextListing, dockerfilePath, listContext, readDockerfile } from "./listing";
import { type BuildDeclaration, type HashedEntry, manifestBytes, manifestRecords } from "./manifest";
import { StatCache, type StatCacheOptions } from "./stat-cache";

export { ContextError } from "./error";

export { dockerfilePath } from "./listing";

/** A build to compute the identity of. */
export type HashedBuild = BuildDeclaration & BuildPlace;

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
  const listing = await listContext(build, cache.now);
  return hashContents(build, await readDockerfile(build), listing, cache);
}

/** The same for a build whose Dockerfile was read, and whose context was listed. */
export async function hashContents(
  build: HashedBuild,
  text: Buffer,
  { context, entries: listed, at }: ContextListing,
  cache: StatCacheOptions = {},
): Promise<BuildContents> {
  const known = await StatCache.open({ context, dockerfile: dockerfilePath(build) }, { ...cache, now: at });
  const entries = await hashFiles(context, listed, known);
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
