import type Dockerode from "dockerode";
import { z } from "zod";

/** What Docker tells of a container's own layer. */
const listed = z
  .array(z.object({ Path: z.string(), Kind: z.enum({ changed: 0, added: 1, removed: 2 }) }))
  .nullish()
  .transform((value) => value ?? []);
export type Change = z.output<typeof listed>[number];

const CHANGED = 0;

/** Files that Docker itself puts into a container. */
const DOCKERS_OWN = [
  "/.dockerenv",
  "/dev",
  "/proc",
  "/sys",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/etc/mtab",
];

/**
 * Paths of the image that a container's processes added, changed or removed, whether or not it still runs; nothing of its
 * mounts, where they may write. Sorted.
 */
export async function changedPaths(container: Dockerode.Container): Promise<string[]> {
  const answer: unknown = await container.changes();
  // "null", which is how the engine says that there are none, is handed on as it came.
  const changes: unknown = Buffer.isBuffer(answer) ? JSON.parse(answer.toString("utf8")) : answer;
  const { Mounts, HostConfig } = await container.inspect();
  const mounted = [...Mounts.map(({ Destination }) => Destination), ...Object.keys(HostConfig.Tmpfs ?? {})];
  return writtenPaths(listed.parse(changes), mounted);
}

/**
 * Takes out of Docker's list what no process of the container did: mount points, and Docker's own files. A folder counts as
 * changed as soon as anything in it does, so of changed folders only what lies in them is told. Python's caches are left out:
 * where it cannot write them, it does without and says nothing.
 */
export function writtenPaths(changes: readonly Change[], mounted: readonly string[]): string[] {
  const notTheirs = [...mounted, ...DOCKERS_OWN];
  const leaves = changes.filter(({ Path }) => !changes.some((other) => other.Path.startsWith(`${Path}/`)));
  return leaves
    .filter(({ Path, Kind }) => {
      if (notTheirs.some((path) => Path === path || Path.startsWith(`${path}/`))) return false;
      // A mount point was made in it, or in a folder that was made for one.
      if (notTheirs.some((path) => path.startsWith(`${Path}/`))) return false;
      return !(Kind === CHANGED && Path === "/") && !/(?:^|\/)__pycache__(?:\/|$)/.test(Path);
    })
    .map(({ Path }) => Path)
    .sort();
}
