import { join } from "node:path";
import type { IgnoreRules, Verdict } from "../../build-context/dockerignore";
import { goMatch, PatternError } from "../../build-context/go-match";
import { beginningOf } from "../../build-context/hash-files";
import { isFolder } from "../../build-context/is-folder";
import type { ContextListing } from "../../build-context/listing";
import type { ContextEntry } from "../../build-context/walk";

/** The files of a build context, as COPY sees them. */
export interface ContextView {
  /** The files and links that match a COPY source: the path in the context, and what COPY appends to a target folder. */
  matches(
    source: string,
  ): readonly { readonly entry: ContextEntry; readonly below: string; readonly isFolder: boolean }[];
  read(entry: ContextEntry): Buffer;
  /** Whether the build gets a folder of this path, even an empty one. */
  hasFolder(path: string): boolean;
}

/** The view of a context that was listed. */
export function viewOf({ context, rules, entries }: ContextListing): ContextView {
  return {
    matches: (source) => matchesOf(entries, source),
    read: (entry) => beginningOf(join(context, entry.path)),
    hasFolder: (path) => !isLeftOut(rules, path) && isFolder(join(context, path)),
  };
}

/** A rule for a folder also applies to everything below it. */
function isLeftOut(rules: IgnoreRules, path: string): boolean {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const verdict = parts.reduce<Verdict | undefined>(
    (above, _, i) => rules.judge(parts.slice(0, i + 1).join("/"), above),
    undefined,
  );
  return verdict?.ignored === true;
}

function matchesOf(entries: readonly ContextEntry[], source: string): ReturnType<ContextView["matches"]> {
  const parts = source.split("/").filter((part) => part !== "" && part !== ".");
  return entries.flatMap((entry) => {
    const path = entry.path.split("/");
    if (path.length < parts.length || !parts.every((part, i) => matchesPart(path[i] ?? "", part))) {
      return [];
    }
    const isFolder = path.length > parts.length;
    return [{ entry, isFolder, below: isFolder ? path.slice(parts.length).join("/") : (path.at(-1) ?? "") }];
  });
}

/** Docker refuses a pattern that is invalid on its own. */
function matchesPart(name: string, pattern: string): boolean {
  if (!/[*?[\\]/.test(pattern)) {
    return name === pattern;
  }
  try {
    return goMatch(pattern, name);
  } catch (error) {
    if (error instanceof PatternError) {
      return false;
    }
    throw error;
  }
}
