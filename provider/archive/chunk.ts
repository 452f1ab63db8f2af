/** A layer's file in the archive. */
export interface Layer {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** True when it arrives compressed (gzip or zstd), as from the containerd image store. */
  readonly packed: boolean;
}

/** Bytes of the archive as Docker gives them, with what is known of them. */
export interface Chunk {
  readonly bytes: Buffer;
  /** Their layer: the same object for all chunks of a layer. Undefined for bytes between layers. */
  readonly layer?: Layer;
  /** SHA-256 in hex, for bytes that are worth caching. */
  readonly digest?: string;
  /** Called as soon as the bytes are no longer needed: their memory is used for other bytes. */
  readonly release: () => void;
}

/** Bytes of the compressed archive, with what is known of them. */
export interface PackedChunk {
  readonly bytes: Buffer;
  readonly layer?: Layer;
  /** Whether they came from the cache. */
  readonly cached: boolean;
}
