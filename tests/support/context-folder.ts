import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A file by its text, optionally executable; or a link by its target. */
export type Made = string | { readonly text: string; readonly executable: boolean } | { readonly link: string };

/** Creates a real folder with these files, in this order. */
export async function makeContext(files: Readonly<Record<string, Made>>, prefix = "pulumi-ica-test-"): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  for (const [path, made] of Object.entries(files)) {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    if (typeof made === "object" && "link" in made) await symlink(made.link, full);
    else {
      const { text, executable } = typeof made === "string" ? { text: made, executable: false } : made;
      await writeFile(full, text);
      await chmod(full, executable ? 0o755 : 0o644);
    }
  }
  return folder;
}

export async function removeContext(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
