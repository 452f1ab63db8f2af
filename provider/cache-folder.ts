import { homedir } from "node:os";
import { join } from "node:path";

/** The caches on this machine: compressed layers, hashes of context files, notes of running uploads. */
export type Cache = "layers" | "contexts" | "uploads";

/** The folder of a cache (XDG Base Directory Specification). It can be deleted at any time. */
export function cacheFolder(cache: Cache, env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "pulumi-ica", cache);
}
