import type { Context } from "../context";
import type { IcaClient } from "../ica/client";
import type { BuildFiles } from "./context-digest";
import type { BuildContents } from "./context-hash";
import type { BenchImageInputs } from "./inputs";
import { type Done, digestFor } from "./state";

/**
 * The files behind each contextHash that this session has worked out. A check sees them; what comes after it (diff, create) gets the
 * hash only, and must not read the files again, which may have changed by then.
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

/** The digest to keep with an image of these inputs; nothing where its files were not seen. */
export function digestSeen(context: Context, inputs: BenchImageInputs): Pick<Done, "contextDigest"> {
  const files = seenContents(context, inputs.contextHash);
  return files === undefined ? {} : { contextDigest: digestFor(inputs, files) };
}
