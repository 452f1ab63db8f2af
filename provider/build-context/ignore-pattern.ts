import { RE2JS } from "re2js";
import { ContextError } from "./error";
import { goMatch, PatternError } from "./go-match";

/** One rule of a `.dockerignore`. */
export interface IgnorePattern {
  /** Cleaned, without the `!` of an exception. */
  readonly text: string;
  /** Whether it includes again what an earlier rule ignored (`!`). */
  readonly isException: boolean;
  /**
   * Whether it matches exactly this path (POSIX, relative to the context); the caller handles the folders above. Throws
   * {@link ContextError} for a pattern that Docker refuses only on use.
   */
  matches(path: string): boolean;
}

/**
 * Reads a cleaned pattern as BuildKit's client does (github.com/moby/patternmatcher v0.6.1). Throws {@link ContextError} for
 * one that Docker refuses.
 */
export function ignorePattern(text: string, isException: boolean): IgnorePattern {
  const flaw = text === "" ? "nothing is left of it" : flawOf(text);
  if (flaw !== undefined) {
    throw unusable(isException ? `!${text}` : text, flaw);
  }
  let matcher: ((path: string) => boolean) | undefined;
  const matches = (path: string): boolean => {
    matcher ??= matcherOf(text);
    return matcher(path);
  };
  return { text, isException, matches };
}

/**
 * A pattern whose only special part is a `**` at one end is compared as text: `**.R` matches all names that end in `.R`, and
 * `**` and `dir/**` match everything below. Other patterns become a regular expression, in which `**` stands for any number
 * of folders. RE2 is Go's engine: it reads the same expressions, and the time of a match grows only with the lengths of
 * pattern and path.
 */
function matcherOf(pattern: string): (path: string) => boolean {
  // Go's scanner skips a leading byte order mark.
  const parts = pattern.replace(/^\uFEFF/, "").match(/\*\*\/?|\\.?|./gsu) ?? [];
  const special = parts.filter((part) => /^(?:[*?[\]]|\\.)/su.test(part));
  if (special.length === 0) {
    return (path) => path === pattern;
  }
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
 * Escapes, brackets and `^ { | }` pass through to Go's regular expressions unchanged. So `\d` is a digit there, `a|*`
 * matches everything, and a `*` in brackets is an ordinary character. That is hardly ever intended, but Docker does it.
 */
function asGo(part: string, isLast: boolean): string {
  if (part.startsWith("**")) {
    return isLast ? ".*" : "(.*/)?";
  }
  if (part === "*") {
    return "[^/]*";
  }
  if (part === "?") {
    return "[^/]";
  }
  return /^[.+()$]$/.test(part) ? `\\${part}` : part;
}

/** What is wrong with a pattern. To find out, BuildKit asks Go's filepath.Match whether it matches ".". */
function flawOf(pattern: string): string | undefined {
  try {
    goMatch(pattern, ".");
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) {
      return error.message;
    }
    throw error;
  }
}

/** Largest number of characters that an error repeats of a pattern or of its fault. */
const mostQuoted = 100;

function unusable(pattern: string, reason: string): ContextError {
  const cut = (text: string) => (text.length <= mostQuoted ? text : `${text.slice(0, mostQuoted)}…`);
  return new ContextError(
    "build.context",
    `a .dockerignore pattern cannot be read: "${cut(pattern)}", ${cut(reason)}. Docker refuses it, too. Correct the line; a \\ makes the character after it a plain one.`,
  );
}
