import { compareRuns, type Marker, markerIn } from "./marker";
import type { Posted } from "./thread";

/** What a run wants to say. */
export interface Wanted {
  readonly marker: Marker;
  /** The comment's text, and shorter forms of it: the longest first. */
  readonly bodies: readonly string[];
  /** True when there is nothing to say: such a text replaces an older comment, but does not become a new one. */
  readonly isQuiet: boolean;
}

/** What to do with the comments that are there. */
export type Step =
  | { readonly kind: "create" }
  | { readonly kind: "update"; readonly comment: Posted }
  /** Nothing is to be written. */
  | {
      readonly kind: "done";
      readonly why: "current" | "newer" | "quiet";
      readonly comment: Posted | undefined;
      readonly remove: readonly Posted[];
    };

/**
 * Decides from this stack's comments what a run does next. The order in which runs write does not matter: one comment remains,
 * the oldest one that shows, with the text of the latest run. `hasWritten`: this run wrote already, so it leaves alone what
 * another one of the same age has written since.
 */
export function decide(found: readonly Posted[], wanted: Wanted, hasWritten: boolean): Step {
  const all = found
    .flatMap((comment) => {
      const marker = markerIn(comment.body);
      return marker?.stack === wanted.marker.stack ? [{ comment, age: compareRuns(marker, wanted.marker) }] : [];
    })
    .sort((a, b) => a.comment.id - b.comment.id);
  const newer = all.find(({ age }) => age > 0)?.comment;
  // A comment that a user minimised stays as it is: it shows what that person had seen.
  const showing = all.filter(({ comment }) => !comment.hidden);
  if (newer !== undefined) {
    // The run that wrote it removes the older ones before it. It cannot know of those after it.
    const late = showing.filter(({ comment, age }) => age <= 0 && comment.id > newer.id && !newer.hidden);
    return { kind: "done", why: "newer", comment: newer, remove: late.map(({ comment }) => comment) };
  }
  const [first, ...others] = showing;
  if (first === undefined) {
    return wanted.isQuiet ? { kind: "done", why: "quiet", comment: undefined, remove: [] } : { kind: "create" };
  }
  const isCurrent = wanted.bodies.some((body) => sameText(body, first.comment.body));
  if (isCurrent || (hasWritten && first.age === 0)) {
    return { kind: "done", why: "current", comment: first.comment, remove: others.map(({ comment }) => comment) };
  }
  return { kind: "update", comment: first.comment };
}

/** Servers keep a text as it is, except for line ends and what surrounds it. */
function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trim();
  return plain(a) === plain(b);
}
