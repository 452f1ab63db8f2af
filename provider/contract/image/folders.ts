import { posix } from "node:path";
import type { FileReader } from "../../docker/cli";
import type { ImageLayer } from "../../docker/image-layers";
import { type Finding, finding } from "../finding";

/**
 * Reports folders that COPY or ADD fill and that no user can enter. New versions of BuildKit apply --chmod, which is meant
 * for the files, to the folders that COPY creates. With 0644 such a folder cannot be entered.
 */
export async function checkFolders(layers: readonly ImageLayer[], read: FileReader): Promise<Finding[]> {
  const folders = new Set(layers.flatMap(({ madeBy }) => foldersOf(madeBy)));
  const findings: Finding[] = [];
  for (const folder of folders) {
    const found = await read(folder);
    if (found?.type !== "directory" || (found.mode & 0o111) !== 0) {
      continue;
    }
    const mode = found.mode.toString(8).padStart(4, "0");
    findings.push(finding("ICA024", "error", `the folder ${folder} cannot be entered (mode ${mode})`));
  }
  return findings;
}

/** `COPY --chmod=0644 a b /etc/app/` → `/etc/app`, `/etc`. */
function foldersOf(madeBy: string): string[] {
  const last = madeBy.slice(madeBy.lastIndexOf(" ") + 1);
  if (!/^(?:COPY|ADD) /.test(madeBy) || !last.includes("/")) {
    return [];
  }
  const target = last.slice(last.indexOf("/"));
  const folders: string[] = [];
  for (
    let at = target.endsWith("/") ? posix.resolve(target) : posix.dirname(target);
    at !== "/";
    at = posix.dirname(at)
  ) {
    folders.push(at);
  }
  return folders;
}
