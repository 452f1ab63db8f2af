import type { BlockCache } from "./block-cache";
import type { LayerNote, LayerNotes } from "./layer-notes";

/**
 * `docker save` of engines without the containerd image store writes all layers to a folder before it gives the first byte: some
 * seconds for each gigabyte, in which nothing could be sent. Of a next release most layers are known by their digests, and their blocks
 * are in the layer cache. So these are sent in the meantime, as parts of the very upload that follows, under numbers that leave
 * room for what stands between them. What was guessed becomes part of the object only if Docker's own bytes turn out to have these
 * chunks, in this order; else they are sent once more, as if nothing had been, and S3 drops what is not named at the end.
 */

/** S3's least size of all parts but the last, bytes (Amazon S3 user guide, "Multipart upload limits"). */
export const smallestPart = 5 * 1024 * 1024;

/**
 * Numbers that are left free before each layer, for what is new there; layers, the largest first, and parts at most. S3 has 10,000
 * numbers: what comes after the last part that is sent ahead has 8,700 of them, which is enough for 100 GB.
 */
const room = 100;
const mostLayers = 8;
const mostParts = 500;

/** Some chunks of a layer, in order, that make one part. */
export interface PlannedPart {
  readonly number: number;
  /** At least two parts of one layer can have the same ones: bytes that occur again. */
  readonly keys: readonly string[];
  readonly bytes: number;
}

export interface HeadStart {
  readonly parts: readonly PlannedPart[];
  /** Bytes of any part at least, but of the last one. Default {@link smallestPart}; less only for tests. */
  readonly smallest?: number;
  /** Reads a part's blocks into memory; false when the cache does not have them any more. */
  readonly read: (part: PlannedPart, target: Buffer) => Promise<boolean>;
  /** The key of a chunk whose blocks are these very bytes. */
  readonly keyOf: (blocks: Buffer) => string | undefined;
}

/** Plans which blocks of an image with these layers can be sent before its archive is read; undefined when there is nothing of the kind. */
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
    // Of another level are the blocks of another compressor, which the archive will not have.
    if (note?.chunks.every(({ key }) => key.endsWith(cache.key("", level)))) known.push(note);
  }
  const parts = planParts(known, partSize);
  if (parts.length === 0) return undefined;
  return { parts, read: (part, target) => readPart(cache, part, target), keyOf };
}

/** Which chunks of known layers make which parts. */
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
 * Chunks in groups that can be parts. The first ones of a layer are left: they go with what stands before it, so that this is no part
 * of a few bytes. So are the last ones, if they are too few.
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
      // What is left out here is gathered with what stands before it.
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
