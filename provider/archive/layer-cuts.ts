import type { PackedPiece } from "./compress-layers";
import type { Layer } from "./cut-layers";
import type { LayerNote, LayerNotes } from "./layer-notes";

/** Collects the chunks of an archive's layers, for the next release (head-start.ts). */
export class LayerCuts {
  /** By layer name; undefined for a layer with a chunk that cannot be sent exactly as cached. */
  readonly #cuts = new Map<string, LayerNote["chunks"] | undefined>();
  readonly #keys = new WeakMap<Buffer, string>();
  #names: readonly string[] = [];

  add({ name }: Layer, { key, blocks }: PackedPiece): void {
    if (key !== undefined) this.#keys.set(blocks, key);
    const cut = this.#cuts.has(name) ? this.#cuts.get(name) : [];
    this.#cuts.set(name, key === undefined ? undefined : cut && [...cut, { key, bytes: blocks.length }]);
  }

  /** The names of the layers' files, base first. */
  named(names: readonly string[]): void {
    this.#names = names;
  }

  /** The key of exactly these blocks. */
  keyOf(blocks: Buffer): string | undefined {
    return this.#keys.get(blocks);
  }

  /** Writes the notes for what is known now; `digests` are those of the layers, base first. */
  async note(digests: readonly string[], notes: LayerNotes): Promise<void> {
    if (digests.length !== this.#names.length) return;
    for (const [i, name] of this.#names.entries()) {
      const [digest, chunks] = [digests[i], this.#cuts.get(name)];
      if (digest !== undefined && chunks !== undefined) await notes.put(digest, { name, chunks });
    }
  }
}
