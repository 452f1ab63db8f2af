import type { Context } from "../context";
import type { IcaClient } from "../ica/client";
import type { BuildFiles } from "./context-digest";
import type { BuildContents } from "./context-hash";
import type { BenchImageInputs } from "./inputs";
import { type Done, digestFor } from "./state";

/**
 * The files behind each contextHash that this session has worked out. A check sees them; what comes after it (diff,
 * create) gets the hash only, and must not read the files again, which may have changed by then. Whether they did is
 * asked before and after a build (`unchanged-context.ts`).
 */
const seen = new WeakMap<IcaClient, Map<string, BuildFiles>>();

export function rememberContents({ client }: Context, { contextHash, dockerfile, entries }: BuildContents): void {
  const known = seen.get(client) ?? new Map<string, BuildFiles>();
  seen.set(client, known.set(contextHash, { dockerfile, entries }));
}

/** Undefined for the hash of a local image, and for one that came from the state. */
export function seenContents({ client }: Context, contextHash: string): BuildFiles | undefined {
  return seen.get(client)?.get(contextHash);
}

/** The content of local images that this session has looked at, by client. */
const seenLocally = new WeakMap<IcaClient, Set<string>>();

export function rememberLocal({ client }: Context, contextHash: string): void {
  const known = seenLocally.get(client) ?? new Set<string>();
  seenLocally.set(client, known.add(contextHash));
}

/** Whether a check of this session worked the hash out of a local image; not one that is pinned (`ignoreChanges`). */
export function isSeenLocally({ client }: Context, contextHash: string): boolean {
  return seenLocally.get(client)?.has(contextHash) === true;
}

/** The digest to keep with an image of these inputs; nothing where its files were not seen. */
export function digestSeen(context: Context, inputs: BenchImageInputs): Pick<Done, "contextDigest"> {
  const files = seenContents(context, inputs.contextHash);
  return files === undefined ? {} : { contextDigest: digestFor(inputs, files) };
}

/** The images that this session has found to be published already, by name, version and content. */
const published = new WeakMap<IcaClient, Map<string, string>>();

/** Says that ICA has this very image. */
export function rememberPublished({ client }: Context, inputs: BenchImageInputs, imageId: string): void {
  const known = published.get(client) ?? new Map<string, string>();
  published.set(client, known.set(identityOf(inputs), imageId));
}

/** The image that the check found, to be asked for by its id: its content cannot change, its status can. */
export function publishedSeen({ client }: Context, inputs: BenchImageInputs): string | undefined {
  return published.get(client)?.get(identityOf(inputs));
}

function identityOf({ name, version, contextHash }: BenchImageInputs): string {
  return [name, version, contextHash].join("\0");
}
