import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * What a layer consisted of in its last archive: by the layer's digest, its chunks that the cache may still have. With a
 * note, blocks can be sent before Docker provides its first byte. A note is only a hint: its blocks count once Docker's
 * bytes have been read and have the same keys.
 */

const noteSchema = z.object({
  /** The layer's name in the archive, which sets its position among the others. */
  name: z.string().min(1),
  /** In order; `bytes` is the size of the compressed blocks. */
  chunks: z.array(z.object({ key: z.string().regex(/^[0-9a-f]{64}-[1-9]-v\d+$/), bytes: z.int().positive() })).min(1),
});
export type LayerNote = z.infer<typeof noteSchema>;

export class LayerNotes {
  readonly #folder: string;

  /** `folder` is that of the layer cache, which removes old notes as it removes old blocks. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined for an unknown layer, and for a note that differs from what was written. */
  async get(digest: string): Promise<LayerNote | undefined> {
    const path = this.#pathOf(digest);
    try {
      return path === undefined ? undefined : noteSchema.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
    } catch {
      return undefined;
    }
  }

  /** If the note cannot be written, the next release works without it. */
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
