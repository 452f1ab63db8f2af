import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * What a layer's archive was made of the last time: by the layer's digest, the chunks of it that the cache may still have. With it, blocks
 * can be sent before Docker gives the first byte. Nobody is bound to a note: what it leads to counts only once Docker's bytes were read
 * and have the same keys.
 */

const noteSchema = z.object({
  /** The layer's name in the archive, which says where it stands among the others. */
  name: z.string().min(1),
  /** In order; `bytes` of compressed blocks. */
  chunks: z.array(z.object({ key: z.string().regex(/^[0-9a-f]{64}-[1-9]-v\d+$/), bytes: z.int().positive() })).min(1),
});
export type LayerNote = z.infer<typeof noteSchema>;

export class LayerNotes {
  readonly #folder: string;

  /** `folder`: that of the layer cache, which forgets notes as it forgets blocks. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined for a layer that is not known, and for a note that is not as it was written. */
  async get(digest: string): Promise<LayerNote | undefined> {
    const path = this.#pathOf(digest);
    try {
      return path === undefined ? undefined : noteSchema.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
    } catch {
      return undefined;
    }
  }

  /** A note that cannot be written is not there: the next release does without. */
  async put(digest: string, note: LayerNote): Promise<void> {
    const path = this.#pathOf(digest);
    if (path === undefined) return;
    const beside = join(this.#folder, `.${randomUUID()}`);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(beside, JSON.stringify(note), { mode: 0o600 });
      await rename(beside, path);
    } catch {
      await rm(beside, { force: true }).catch(() => undefined);
    }
  }

  #pathOf(digest: string): string | undefined {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    return hex === undefined ? undefined : join(this.#folder, `layer-${hex}.json`);
  }
}
