import type { BlockCache } from "./block-cache";
import type { LayerNote, LayerNotes } from "./layer-notes";

/**
 * Engines without the containerd image store write all layers to a folder before `docker save` provides its first byte. That
 * takes some seconds for each gigabyte, in which nothing could be sent. For the next release of an image, most layer digests
 * are known, and their blocks are in the layer cache. So the provider sends these blocks in the meantime, as parts of the
 * same upload, with part numbers that leave room for the bytes between them. A part that was sent ahead counts only if
 * Docker's own bytes have the same chunks in the same order. Otherwise the bytes are sent again as usual, and S3 drops the
 * unused parts at the end.
 */

/** Smallest size in bytes of any part except the last (Amazon S3 user guide, "Multipart upload limits"). */
export const smallestPart = 5 * 1024 * 1024;

/**
 * Part numbers left free before each layer for new bytes, largest number of layers (largest first), and largest number of
 * parts. S3 has 10,000 numbers. At least 8,700 of them come after the last part that is sent ahead, enough for 100 GB.
 */
const room = 100;
const mostLayers = 8;
const mostParts = 500;

/** Consecutive chunks of a layer that form one part. */
export interface PlannedPart {
  readonly number: number;
  /** Two parts of a layer can have the same keys, when its bytes repeat. */
  readonly keys: readonly string[];
  readonly bytes: number;
}

export interface HeadStart {
  readonly parts: readonly PlannedPart[];
  /** Smallest number of bytes of any part except the last. Default {@link smallestPart}; smaller only in tests. */
  readonly smallest?: number;
  /** Reads a part's blocks into memory; false when the cache no longer has them. */
  readonly read: (part: PlannedPart, target: Buffer) => Promise<boolean>;
  /** The key of the chunk that has exactly these blocks. */
  readonly keyOf: (blocks: Buffer) => string | undefined;
}

/** Plans which blocks of an image with these layers can be sent before its archive is read; undefined when there are none. */
export async function planHeadStart(
  digests: readonly string[],
  level: number,
  notes: LayerNotes,
  cache: BlockCache,
  partSize: number,
  keyOf: HeadStart["keyOf"],
): Promise<HeadStart | undefined> {
  const known: LayerNote[] = [];
  for (const digest of new Set(digests)) {
    const note = await notes.get(digest);
    // Blocks of another level come from another compressor, so the archive will not contain them.
    if (note?.chunks.every(({ key }) => key.endsWith(cache.key("", level)))) known.push(note);
  }
  const parts = planParts(known, partSize);
  if (parts.length === 0) return undefined;
  return { parts, read: (part, target) => readPart(cache, part, target), keyOf };
}

/** Groups the chunks of known layers into parts. */
export function planParts(
  known: readonly LayerNote[],
  partSize: number,
  smallest: number = smallestPart,
): PlannedPart[] {
  const cuts = known
    .map((note) => ({ name: note.name, groups: groupsOf(note.chunks, partSize, smallest) }))
    .filter(({ groups }) => groups.length > 0)
    .sort((a, b) => b.groups.length - a.groups.length)
    .slice(0, mostLayers)
    // `docker save` sorts by name.
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts: PlannedPart[] = [];
  let number = 0;
  for (const { groups } of cuts) {
    number += room;
    for (const chunks of groups) {
      if (parts.length === mostParts) return parts;
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
      parts.push({ number: ++number, keys: chunks.map(({ key }) => key), bytes });
    }
  }
  return parts;
}

/**
 * Groups chunks into parts. Leaves out a layer's first chunks, which join the bytes before them so that those do not become
 * a part of a few bytes. Also leaves out the last chunks if they are too small for a part.
 */
function groupsOf(chunks: LayerNote["chunks"], partSize: number, smallest: number): LayerNote["chunks"][] {
  let before = 0;
  let at = 0;
  while (at < chunks.length && before < smallest) before += chunks[at++]?.bytes ?? 0;
  const groups: LayerNote["chunks"][] = [];
  let group: LayerNote["chunks"] = [];
  let bytes = 0;
  for (const chunk of chunks.slice(at)) {
    if (bytes + chunk.bytes > partSize) {
      if (bytes >= smallest) groups.push(group);
      // Chunks left out here join the bytes before them.
      group = [];
      bytes = 0;
    }
    group.push(chunk);
    bytes += chunk.bytes;
  }
  if (bytes >= smallest) groups.push(group);
  return groups;
}

async function readPart(cache: BlockCache, part: PlannedPart, target: Buffer): Promise<boolean> {
  let filled = 0;
  for (const key of part.keys) {
    const read = await cache.readBlocks(key, target.subarray(filled, part.bytes));
    if (read === undefined) return false;
    filled += read;
  }
  return filled === part.bytes;
}
