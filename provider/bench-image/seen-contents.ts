import type { BuildFiles } from "../build-context/changes/digest";
import type { BuildContents } from "../build-context/hash";
import type { Context } from "../context";
import { remembered } from "../memory";
import type { BenchImageInputs } from "./inputs";
import { digestFor, type PublishedRecord } from "./state";

/**
 * The files behind each contextHash that this session has computed. A check reads them. The later calls (diff, create) get
 * only the hash and must not read the files again, since they may have changed. `source/unchanged-context.ts` checks for
 * changes before and after a build.
 */
const seen = remembered(() => new Map<string, BuildFiles>());

export function rememberContents(context: Context, { contextHash, dockerfile, entries }: BuildContents): void {
  seen(context).set(contextHash, { dockerfile, entries });
}

/** Undefined for the hash of a local image, and for a hash from the state. */
export function seenContents(context: Context, contextHash: string): BuildFiles | undefined {
  return seen(context).get(contextHash);
}

/** The hashes of the local images that this session has read. */
const seenLocally = remembered(() => new Set<string>());

export function rememberLocal(context: Context, contextHash: string): void {
  seenLocally(context).add(contextHash);
}

/** Whether a check of this session computed the hash from a local image; false for a pinned hash (`ignoreChanges`). */
export function isSeenLocally(context: Context, contextHash: string): boolean {
  return seenLocally(context).has(contextHash);
}

/** The digest to store with an image of these inputs; empty when this session has not read its files. */
export function digestSeen(context: Context, inputs: BenchImageInputs): Pick<PublishedRecord, "contextDigest"> {
  const files = seenContents(context, inputs.contextHash);
  return files === undefined ? {} : { contextDigest: digestFor(inputs, files) };
}

/** The images that this session found already published, by name, version and content. */
const published = remembered(() => new Map<string, string>());

/** Remembers that ICA has this image. */
export function rememberPublished(context: Context, inputs: BenchImageInputs, imageId: string): void {
  published(context).set(identityOf(inputs), imageId);
}

/** The id of the image that the check found. Its status has to be read again; its content cannot change. */
export function publishedSeen(context: Context, inputs: BenchImageInputs): string | undefined {
  return published(context).get(identityOf(inputs));
}

function identityOf({ name, version, contextHash }: BenchImageInputs): string {
  return [name, version, contextHash].join("\0");
}
