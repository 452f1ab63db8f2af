import { ContextError } from "./context-error";
import { goRegExp } from "./go-regexp";

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
 * and `**` and `dir/**` all that is below. Others become a regular expression, in which `**` stands for any number of folders.
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
    const regexp = goRegExp(`^${expression}$`);
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

/**
 * What is wrong with a pattern. BuildKit asks Go's filepath.Match whether it matches ".", for the sake of the errors; so only what
 * that looks at has to be right: up to the first star, and up to the next one where the first part is a dot.
 */
function flawOf(pattern: string): string | undefined {
  const [first = "", second = ""] = pattern.match(/(?:\\.?|\[(?:\\.?|[^\]\\])*\]?|[^*\\[])+/gsu) ?? [];
  const looked = isDot(first) ? first + second : first;
  // Escapes, brackets around at least one character or range, and all that is neither.
  const right =
    /^(?:\\.|\[(?:\^|(?!\^))(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+\]|[^\\[])*/su.exec(looked)?.[0] ?? "";
  if (right === looked) return undefined;
  return looked[right.length] === "[" ? "its brackets cannot be read" : "it ends in a backslash";
}

/** Whether a part of a pattern is one character that may be a dot. */
function isDot(part: string): boolean {
  const [, negation, members = ""] = /^\[(\^?)((?:\\.|[^\\\]])+)\]$/su.exec(part) ?? [];
  if (negation === undefined) return /^(?:\\?\.|\?)$/.test(part);
  const ranges = [...members.matchAll(/\\?(.)(?:-\\?(.))?/gsu)];
  return ranges.some(([, low = "", high = low]) => low <= "." && "." <= high) === (negation === "");
}

function unusable(pattern: string, reason: string): ContextError {
  return new ContextError(
    "build.context",
    `a .dockerignore pattern cannot be read: "${pattern}", ${reason}. Docker refuses it, too. Correct the line; a \\ makes the character after it a plain one.`,
  );
}
