import type { BuildFiles } from "../build-context/changes/digest";
import type { BuildContents } from "../build-context/hash";
import type { Context } from "../context";
import type { BenchImageInputs } from "./inputs";
import type { Identified } from "./registration/published";
import { digestFor, type PublishedRecord } from "./state";

/**
 * The files behind each contextHash that this session has computed. A check reads them. The later calls (diff, create) get
 * only the hash and must not read the files again, since they may have changed. `source/unchanged-context.ts` checks for
 * changes before and after a build.
 */
export function rememberFiles(context: Context, { contextHash, dockerfile, entries }: BuildContents): void {
  context.run.images.files.set(contextHash, { dockerfile, entries });
}

/** Undefined for the hash of a local image, and for a hash from the state. */
export function rememberedFiles(context: Context, contextHash: string): BuildFiles | undefined {
  return context.run.images.files.get(contextHash);
}

export function rememberLocal(context: Context, contextHash: string): void {
  context.run.images.localContents.add(contextHash);
}

/** Whether a check of this session computed the hash from a local image; false for a pinned hash (`ignoreChanges`). */
export function isRememberedLocal(context: Context, contextHash: string): boolean {
  return context.run.images.localContents.has(contextHash);
}

/** The digest to store with an image of these inputs; empty when this session has not read its files. */
export function rememberedDigest(context: Context, inputs: BenchImageInputs): Pick<PublishedRecord, "contextDigest"> {
  const files = rememberedFiles(context, inputs.contextHash);
  return files === undefined ? {} : { contextDigest: digestFor(inputs, files) };
}

/** Remembers that ICA has this image. */
export function rememberPublished(context: Context, inputs: Identified, imageId: string): void {
  context.run.images.published.set(identityOf(inputs), imageId);
}

/** The id of the image that the check found. Its status has to be read again; its content cannot change. */
export function rememberedImageId(context: Context, inputs: Identified): string | undefined {
  return context.run.images.published.get(identityOf(inputs));
}

function identityOf({ name, version, contextHash }: Identified): string {
  return [name, version, contextHash].join("\0");
}
