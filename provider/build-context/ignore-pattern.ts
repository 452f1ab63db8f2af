import { RE2JS } from "re2js";
import { ContextError } from "./error";
import { goMatch, PatternError } from "./go-match";

/** One rule of a `.dockerignore`. */
export interface IgnorePattern {
  /** Cleaned, without the `!` of an exception. */
  readonly text: string;
  /** Whether it takes back what a rule before it left out (`!`). */
  readonly isException: boolean;
  /**
   * Whether it matches this very path (POSIX, relative to the context); what it says of the folders above is for the caller to
   * know. Throws {@link ContextError} for a pattern that Docker refuses only when it is used.
   */
  matches(path: string): boolean;
}

/**
 * A cleaned pattern, as BuildKit's client takes it (github.com/moby/patternmatcher v0.6.1). Throws {@link ContextError} for one
 * that Docker refuses.
 */
export function ignorePattern(text: string, isException: boolean): IgnorePattern {
  const flaw = text === "" ? "nothing is left of it" : flawOf(text);
  if (flaw !== undefined) throw unusable(isException ? `!${text}` : text, flaw);
  let matcher: ((path: string) => boolean) | undefined;
  const matches = (path: string): boolean => {
    matcher ??= matcherOf(text);
    return matcher(path);
  };
  return { text, isException, matches };
}

/**
 * A pattern whose only special part is a `**` at one end is compared as text, so that `**.R` means all names that end in `.R`,
 * and `**` and `dir/**` all that is below. Others become a regular expression, in which `**` stands for any number of folders. RE2
 * is the engine of Go: it reads the same expressions, and the time of a match grows only with the lengths of pattern and path.
 */
function matcherOf(pattern: string): (path: string) => boolean {
  // Go's scanner passes over a byte order mark that comes first.
  const parts = pattern.replace(/^\uFEFF/, "").match(/\*\*\/?|\\.?|./gsu) ?? [];
  const special = parts.filter((part) => /^(?:[*?[\]]|\\.)/su.test(part));
  if (special.length === 0) return (path) => path === pattern;
  if (special.length === 1 && parts[0]?.startsWith("**")) {
    const end = pattern.replace("**", "");
    return (path) => path.endsWith(end) || `/${path}` === end;
  }
  if (special.length === 1 && pattern.endsWith("**")) {
    const start = pattern.slice(0, -2);
    return (path) => path.startsWith(start);
  }
  const expression = parts.map((part, i) => asGo(part, i === parts.length - 1)).join("");
  try {
    const regexp = RE2JS.compile(`^${expression}$`);
    return (path) => regexp.test(path);
  } catch (error) {
    throw unusable(pattern, error instanceof Error ? error.message : String(error));
  }
}

/**
 * What is escaped, in brackets, or one of `^ { | }` goes on to Go's regular expressions as it is. So `\d` is a digit there, `a|*`
 * matches everything, and a `*` in brackets is none; nobody may have meant that, but Docker does it.
 */
function asGo(part: string, isLast: boolean): string {
  if (part.startsWith("**")) return isLast ? ".*" : "(.*/)?";
  if (part === "*") return "[^/]*";
  if (part === "?") return "[^/]";
  return /^[.+()$]$/.test(part) ? `\\${part}` : part;
}

/** What is wrong with a pattern. To find that out, BuildKit asks Go's filepath.Match whether it matches ".". */
function flawOf(pattern: string): string | undefined {
  try {
    goMatch(pattern, ".");
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

/** Characters of a pattern, or of what is wrong with it, that an error repeats. */
const mostQuoted = 100;

function unusable(pattern: string, reason: string): ContextError {
  const cut = (text: string) => (text.length <= mostQuoted ? text : `${text.slice(0, mostQuoted)}…`);
  return new ContextError(
    "build.context",
    `a .dockerignore pattern cannot be read: "${cut(pattern)}", ${cut(reason)}. Docker refuses it, too. Correct the line; a \\ makes the character after it a plain one.`,
  );
}
