import type Dockerode from "dockerode";
import { z } from "zod";

/** Docker's list of changes in a container's own layer. */
const listed = z
  .array(z.object({ Path: z.string(), Kind: z.enum({ changed: 0, added: 1, removed: 2 }) }))
  .nullish()
  .transform((value) => value ?? []);
export type Change = z.output<typeof listed>[number];

const changedKind = 0;

/** Files that Docker itself puts into a container. */
const dockersOwn = [
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
 * Paths of the image that a container's processes added, changed or removed, sorted. Works for running and stopped
 * containers. Excludes mounts, which the processes may write to.
 */
export async function changedPaths(container: Dockerode.Container): Promise<string[]> {
  const answer: unknown = await container.changes();
  // dockerode returns the engine's "null", which means no changes, as unparsed bytes.
  const changes: unknown = Buffer.isBuffer(answer) ? JSON.parse(answer.toString("utf8")) : answer;
  const { Mounts, HostConfig } = await container.inspect();
  const mounted = [...Mounts.map(({ Destination }) => Destination), ...Object.keys(HostConfig.Tmpfs ?? {})];
  return writtenPaths(listed.parse(changes), mounted);
}

/**
 * Removes from Docker's list what the container's processes did not do: mount points, and Docker's own files. A folder
 * counts as changed when anything in it changes, so of changed folders only their changed content is reported. Leaves
 * out Python's caches: when Python cannot write them, it works without them and reports nothing.
 */
export function writtenPaths(changes: readonly Change[], mounted: readonly string[]): string[] {
  const notTheirs = [...mounted, ...dockersOwn];
  const leaves = changes.filter(({ Path }) => !changes.some((other) => other.Path.startsWith(`${Path}/`)));
  return leaves
    .filter(({ Path, Kind }) => {
      if (notTheirs.some((path) => Path === path || Path.startsWith(`${path}/`))) {
        return false;
      }
      // A mount point was created in it, or in a folder created for one.
      if (notTheirs.some((path) => path.startsWith(`${Path}/`))) {
        return false;
      }
      return !(Kind === changedKind && Path === "/") && !/(?:^|\/)__pycache__(?:\/|$)/.test(Path);
    })
    .map(({ Path }) => Path)
    .sort();
}
