import { posix } from "node:path";
import type { FileReader, ImageLayer } from "../../docker/cli";
import { type Finding, finding } from "../finding";

/**
 * Folders into which COPY or ADD put something, and that nobody can enter. New versions of BuildKit give the folders that COPY
 * makes the mode of --chmod, which is meant for the files: 0644 leaves a folder without the right to enter it.
 */
export async function checkFolders(layers: readonly ImageLayer[], read: FileReader): Promise<Finding[]> {
  const folders = new Set(layers.flatMap(({ madeBy }) => foldersOf(madeBy)));
  const findings: Finding[] = [];
  for (const folder of folders) {
    const found = await read(folder);
    if (found?.type !== "directory" || (found.mode & 0o111) !== 0) continue;
    const mode = found.mode.toString(8).padStart(4, "0");
    findings.push(finding("ICA024", "error", `nobody can enter the folder ${folder} (mode ${mode})`));
  }
  return findings;
}

/** `COPY --chmod=0644 a b /etc/app/` → `/etc/app`, `/etc`. */
function foldersOf(madeBy: string): string[] {
  const last = madeBy.slice(madeBy.lastIndexOf(" ") + 1);
  if (!/^(?:COPY|ADD) /.test(madeBy) || !last.includes("/")) return [];
  const target = last.slice(last.indexOf("/"));
  const folders: string[] = [];
  for (
    let at = target.endsWith("/") ? posix.resolve(target) : posix.dirname(target);
    at !== "/";
    at = posix.dirname(at)
  )
    folders.push(at);
  return folders;
}
