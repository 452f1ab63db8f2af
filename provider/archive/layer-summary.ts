import type { Layer } from "./chunk";

/** Counts of an archive's layers. Layers too small to be cut are not counted. */
export interface LayersPacked {
  readonly layers: number;
  /** Layers whose blocks all came from the cache. */
  readonly cached: number;
  /** Layers that Docker delivers compressed (gzip, zstd), so that compressing them again gains nothing. */
  readonly packed: number;
  /** Bytes of these layers. */
  readonly packedBytes: number;
}

export class LayerCount {
  readonly #cached = new Map<Layer, boolean>();

  /** Called for every piece of the archive; `layer` is the same object for all pieces of a layer. */
  add(layer: Layer | undefined, cached: boolean): void {
    if (layer !== undefined) {
      this.#cached.set(layer, cached && (this.#cached.get(layer) ?? true));
    }
  }

  read(): LayersPacked {
    const packed = [...this.#cached.keys()].filter((layer) => layer.packed);
    return {
      layers: this.#cached.size,
      cached: [...this.#cached.values()].filter((cached) => cached).length,
      packed: packed.length,
      packedBytes: packed.reduce((sum, { size }) => sum + size, 0),
    };
  }
}

/** Describes the counts: the end of a line, and a warning when compressing gained nothing. */
export function describeLayers({ layers, cached, packed, packedBytes }: LayersPacked): {
  readonly info: string;
  readonly warning: string | undefined;
} {
  return {
    info: layers === 0 ? "" : `; ${cached} of ${layers} layers came from the layer cache`,
    warning:
      packed === 0
        ? undefined
        : `Docker gave ${packed} of ${layers} layers (${(packedBytes / 1e6).toFixed(0)} MB) compressed already, as its containerd image ` +
          'store does. bzip2 makes them no smaller, and needs its time: declare archive: { compression: "none" }, ' +
          'or turn the containerd image store off (docs/archive.md, "Layers that are compressed already").',
  };
}
