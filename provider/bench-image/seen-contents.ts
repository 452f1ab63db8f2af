import type { BuildFiles } from "../build-context/changes/digest";
import type { BuildContents } from "../build-context/hash";
import type { Context } from "../context";
import { remembered } from "../memory";
import type { BenchImageInputs } from "./inputs";
import { digestFor, type PublishedRecord } from "./state";

/**
 * The files behind each contextHash that this session has worked out. A check sees them; what comes after it (diff,
 * create) gets the hash only, and must not read the files again, which may have changed by then. Whether they did is
 * asked before and after a build (`unchanged-context.ts`).
 */
const seen = remembered(() => new Map<string, BuildFiles>());

export function rememberContents(context: Context, { contextHash, dockerfile, entries }: BuildContents): void {
  seen(context).set(contextHash, { dockerfile, entries });
}

/** Undefined for the hash of a local image, and for one that came from the state. */
export function seenContents(context: Context, contextHash: string): BuildFiles | undefined {
  return seen(context).get(contextHash);
}

/** The content of local images that this session has looked at. */
const seenLocally = remembered(() => new Set<string>());

export function rememberLocal(context: Context, contextHash: string): void {
  seenLocally(context).add(contextHash);
}

/** Whether a check of this session worked the hash out of a local image; not one that is pinned (`ignoreChanges`). */
export function isSeenLocally(context: Context, contextHash: string): boolean {
  return seenLocally(context).has(contextHash);
}

/** The digest to keep with an image of these inputs; nothing where its files were not seen. */
export function digestSeen(context: Context, inputs: BenchImageInputs): Pick<PublishedRecord, "contextDigest"> {
  const files = seenContents(context, inputs.contextHash);
  return files === undefined ? {} : { contextDigest: digestFor(inputs, files) };
}

/** The images that this session has found to be published already, by name, version and content. */
const published = remembered(() => new Map<string, string>());

/** Says that ICA has this very image. */
export function rememberPublished(context: Context, inputs: BenchImageInputs, imageId: string): void {
  published(context).set(identityOf(inputs), imageId);
}

/** The image that the check found, to be asked for by its id: its content cannot change, its status can. */
export function publishedSeen(context: Context, inputs: BenchImageInputs): string | undefined {
  return published(context).get(identityOf(inputs));
}

function identityOf({ name, version, contextHash }: BenchImageInputs): string {
  return [name, version, contextHash].join("\0");
}
