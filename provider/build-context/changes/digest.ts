import { DockerfileParser } from "dockerfile-ast";
import { z } from "zod";
import type { HashedEntry } from "../manifest";
import { changesSince, type PathChange } from "./changes";
import { OutlineError, readOutline, writeOutline } from "./outline";
import { short, treeOf } from "./tree";

/**
 * What the state keeps of the files that an image was built from, so that a later preview can say which of them changed. It
 * decides nothing: only the contextHash decides whether an image is built again, and a state without a digest works as well.
 */
export const digestSchema = z.object({
  /** Digest of the Dockerfile's bytes. */
  dockerfile: z.string(),
  /** The text of its FROM lines; absent when they take too many bytes. */
  from: z.array(z.string()).optional(),
  /** An outline; absent when not even the coarsest fits. */
  files: z.string().optional(),
});

export type ContextDigest = z.infer<typeof digestSchema>;

/** The files of a build. */
export interface BuildFiles {
  readonly dockerfile: { readonly sha256: string; readonly text: string };
  readonly entries: readonly HashedEntry[];
}

/** Bytes that FROM lines may take: a line is rarely longer than 60, and few Dockerfiles have more than five. */
const fromLimit = 400;
/** Bytes of the rest: keys, quotes and one short digest. */
const frame = 50;

/** A digest of at most `limit` bytes as JSON; undefined when no digest fits. It depends only on the files and the limit. */
export function digestOf({ dockerfile, entries }: BuildFiles, limit: number): ContextDigest | undefined {
  let left = limit - frame;
  if (left < 0) {
    return undefined;
  }
  const from = fromLines(dockerfile.text);
  const size = bytesOf(from) + '"from":,'.length;
  const kept = size <= Math.min(fromLimit, left);
  if (kept) {
    left -= size;
  }
  const files = writeOutline(treeOf(entries), left);
  return {
    dockerfile: short(dockerfile.sha256),
    ...(kept ? { from } : {}),
    ...(files === undefined ? {} : { files }),
  };
}

/** How the current files differ from the older ones, as far as their digest shows. */
export interface FileChanges {
  readonly dockerfile: boolean;
  /** FROM lines, without the word FROM. Undefined when the older ones are unknown. */
  readonly from: { readonly before: readonly string[]; readonly now: readonly string[] } | undefined;
  /** Undefined when nothing is known about the older files. */
  readonly paths: readonly PathChange[] | undefined;
}

/** Undefined when the value is not a digest, for example in the state of another version. */
export function changesOfFiles(digest: unknown, now: BuildFiles): FileChanges | undefined {
  const { success, data } = digestSchema.safeParse(digest);
  if (!success) {
    return undefined;
  }
  return {
    dockerfile: data.dockerfile !== short(now.dockerfile.sha256),
    from: data.from === undefined ? undefined : { before: data.from, now: fromLines(now.dockerfile.text) },
    paths: data.files === undefined ? undefined : pathsSince(data.files, now.entries),
  };
}

function pathsSince(outline: string, entries: readonly HashedEntry[]): PathChange[] | undefined {
  try {
    return changesSince(readOutline(outline), treeOf(entries));
  } catch (error) {
    if (error instanceof OutlineError) {
      return undefined;
    }
    throw error;
  }
}

/** The bases of a Dockerfile as written, with flags and stage names. Repeated blanks become one. */
export function fromLines(dockerfile: string): string[] {
  return DockerfileParser.parse(dockerfile)
    .getFROMs()
    .map((from) => (from.getRawArgumentsContent() ?? "").replace(/\s+/g, " ").trim());
}

/** Bytes of a value as Go writes JSON, which is the state's format: some characters take six bytes there. */
export function bytesOf(value: unknown): number {
  const text = JSON.stringify(value);
  return Buffer.byteLength(text) + 5 * [...text.matchAll(/[<>&\u2028\u2029]/g)].length;
}
