import type { BuildFiles } from "../build-context/changes/digest";
import type { BuildContents } from "../build-context/hash";
import type { Context } from "../context";
import type { BenchImageInputs } from "./inputs";
import { digestFor, type PublishedRecord } from "./state";

/**
 * The files behind each contextHash that this session has worked out. A check sees them; what comes after it (diff,
 * create) gets the hash only, and must not read the files again, which may have changed by then. Whether they did is
 * asked before and after a build (`unchanged-context.ts`).
 */
export function rememberContents(context: Context, { contextHash, dockerfile, entries }: BuildContents): void {
  context.run.images.files.set(contextHash, { dockerfile, entries });
}

/** Undefined for the hash of a local image, and for one that came from the state. */
export function seenContents(context: Context, contextHash: string): BuildFiles | undefined {
  return context.run.images.files.get(contextHash);
}

export function rememberLocal(context: Context, contextHash: string): void {
  context.run.images.localContents.add(contextHash);
}

/** Whether a check of this session worked the hash out of a local image; not one that is pinned (`ignoreChanges`). */
export function isSeenLocally(context: Context, contextHash: string): boolean {
  return context.run.images.localContents.has(contextHash);
}

/** The digest to keep with an image of these inputs; nothing where its files were not seen. */
export function digestSeen(context: Context, inputs: BenchImageInputs): Pick<PublishedRecord, "contextDigest"> {
  const files = seenContents(context, inputs.contextHash);
  return files === undefined ? {} : { contextDigest: digestFor(inputs, files) };
}

/** Says that ICA has this very image. */
export function rememberPublished(context: Context, inputs: BenchImageInputs, imageId: string): void {
  context.run.images.published.set(identityOf(inputs), imageId);
}

/** The image that the check found, to be asked for by its id: its content cannot change, its status can. */
export function publishedSeen(context: Context, inputs: BenchImageInputs): string | undefined {
  return context.run.images.published.get(identityOf(inputs));
}

function identityOf({ name, version, contextHash }: BenchImageInputs): string {
  return [name, version, contextHash].join("\0");
}
