import { homedir } from "node:os";
import { join } from "node:path";

/** What is remembered on this machine: compressed layers, hashes of contexts' files, notes of uploads under way. */
export type Cache = "layers" | "contexts" | "uploads";

/** Where it is (XDG Base Directory Specification). All of it can be deleted at any time. */
export function cacheFolder(cache: Cache, env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "pulumi-ica", cache);
}
