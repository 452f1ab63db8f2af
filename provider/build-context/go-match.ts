/** A pattern that Go refuses; the message says why. */
export class PatternError extends Error {}

/**
 * Go's filepath.Match on Linux (pkg.go.dev/path/filepath#Match). Docker uses it for the sources of COPY, and to refuse
 * patterns of a `.dockerignore`. The time is at most the pattern's length times the name's. Like Go, it reads only as much
 * of a pattern as it needs: throws {@link PatternError} for a fault in that part.
 */
export function goMatch(pattern: string, name: string): boolean {
  const chars = [...name];
  let at = 0;
  for (const { star, text, isLast } of chunksOf([...pattern])) {
    if (star && text.length === 0) {
      return !chars.includes("/", at);
    }
    const end = endOfChunk(text, chars, at, { star, isLast });
    if (end === undefined) {
      return false;
    }
    at = end;
  }
  return at === chars.length;
}

/** The part of a pattern up to the next star. */
interface Chunk {
  /** Whether a star precedes it. */
  readonly star: boolean;
  readonly text: readonly string[];
  readonly isLast: boolean;
}

function* chunksOf(pattern: readonly string[]): Generator<Chunk> {
  for (let at = 0; at < pattern.length; ) {
    let start = at;
    while (pattern[start] === "*") {
      start++;
    }
    let end = start;
    for (let inBrackets = false; end < pattern.length; end++) {
      const char = pattern[end];
      if (char === "*" && !inBrackets) {
        break;
      }
      if (char === "[") {
        inBrackets = true;
      } else if (char === "]") {
        inBrackets = false;
      } else if (char === "\\" && end + 1 < pattern.length) {
        end++;
      }
    }
    yield { star: start > at, text: pattern.slice(start, end), isLast: end === pattern.length };
    at = end;
  }
}

/** Where the first match of a chunk ends. After a star the match may begin later, but not beyond a slash. */
function endOfChunk(
  text: readonly string[],
  name: readonly string[],
  from: number,
  { star, isLast }: Pick<Chunk, "star" | "isLast">,
): number | undefined {
  for (let at = from; at <= name.length; at++) {
    const end = matchChunk(text, name, at);
    if (end !== undefined && (end === name.length || !isLast)) {
      return end;
    }
    if (!star || name[at] === "/") {
      return undefined;
    }
  }
  return undefined;
}

/** A chunk has no star. This reads all of it even after a mismatch, to find its faults. */
function matchChunk(chunk: readonly string[], name: readonly string[], from: number): number | undefined {
  let at = from;
  let matches = true;
  for (let i = 0; i < chunk.length; ) {
    const char = name[at++];
    if (char === undefined) {
      matches = false;
    }
    if (chunk[i] === "[") {
      const { contains, end } = readClass(chunk, i, char ?? "");
      matches &&= contains;
      i = end;
    } else if (chunk[i] === "?") {
      matches &&= char !== "/";
      i++;
    } else {
      if (chunk[i] === "\\") {
        i++;
      }
      if (i === chunk.length) {
        throw new PatternError("it ends in a backslash");
      }
      matches &&= char === chunk[i];
      i++;
    }
  }
  return matches ? at : undefined;
}

/** `[a-z]`, `[^a]`. */
function readClass(chunk: readonly string[], start: number, char: string): { contains: boolean; end: number } {
  const negated = chunk[start + 1] === "^";
  let at = start + (negated ? 2 : 1);
  let contains = false;
  const member = (): number => {
    if (chunk[at] === "-" || chunk[at] === "]") {
      throw unreadable();
    }
    if (chunk[at] === "\\") {
      at++;
    }
    const code = chunk[at++]?.codePointAt(0);
    // The closing bracket is still missing.
    if (code === undefined || at === chunk.length) {
      throw unreadable();
    }
    return code;
  };
  const code = char.codePointAt(0) ?? -1;
  do {
    const low = member();
    let high = low;
    if (chunk[at] === "-") {
      at++;
      high = member();
    }
    contains ||= low <= code && code <= high;
  } while (chunk[at] !== "]");
  return { contains: contains !== negated, end: at + 1 };
}

function unreadable(): PatternError {
  return new PatternError("its brackets cannot be read");
}
