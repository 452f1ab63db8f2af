import { basename, dirname, join, posix } from "node:path";
import { readBuildFile } from "./build-file";
import { type IgnorePattern, ignorePattern } from "./ignore-pattern";

/** Which files of a context Docker sends to a build. */
export interface IgnoreRules {
  /**
   * Judges a path (POSIX, relative to the context), given the verdict on its folder; the context itself has no verdict.
   * Throws {@link ContextError} for a pattern that Docker refuses on use.
   */
  judge(path: string, folder?: Verdict): Verdict;
  /** Whether an ignored folder has to be searched: an exception (`!`) may include something below it. */
  mayHoldException(folder: string): boolean;
}

/** The verdict of the rules on one path. */
export interface Verdict {
  /** Whether a rule leaves this path out of the build. */
  readonly ignored: boolean;
  /** For each rule, whether it matched. A rule that matched also matches everything below. */
  readonly matched: readonly boolean[];
}

/**
 * Reads the rules as BuildKit does (docs.docker.com, "Build context", ".dockerignore files"): from
 * `<Dockerfile>.dockerignore` beside the Dockerfile if it exists, else from `.dockerignore` in the context.
 */
export async function readIgnoreRules(context: string, dockerfile: string): Promise<IgnoreRules> {
  const own = await readIfThere(join(dirname(dockerfile), `${basename(dockerfile)}.dockerignore`));
  return parseIgnoreRules(own ?? (await readIfThere(join(context, ".dockerignore"))) ?? "");
}

/**
 * The rules as BuildKit 0.33 applies them (github.com/moby/patternmatcher v0.6.1, and the walk of
 * github.com/tonistiigi/fsutil at 83cac42c1c52), with two consequences:
 *
 * - A rule that would change nothing for a path is skipped, so it does not apply below that path either. With `*.log` and
 *   `!app`, `app/x.log` stays out, since `app` itself was never ignored.
 * - An ignored folder is searched only if some exception has special characters or starts with the folder's path.
 *
 * Throws {@link ContextError} for a pattern that Docker refuses.
 */
export function parseIgnoreRules(text: string): IgnoreRules {
  const patterns = patternsOf(text);
  const exceptions = patterns
    .filter((pattern) => pattern.isException)
    .map((pattern) => withoutTrailingGlob(pattern.text));
  const areAllPlain = exceptions.every((exception) => !/[*?[\]^\\]/.test(exception));
  return {
    judge: (path, folder) => {
      let ignored = false;
      const matched = patterns.map((pattern, i) => {
        const matches = folder?.matched[i] === true || (pattern.isException === ignored && pattern.matches(path));
        if (matches) {
          ignored = !pattern.isException;
        }
        return matches;
      });
      return { ignored, matched };
    },
    mayHoldException: (folder) =>
      !areAllPlain || exceptions.some((exception) => `${exception}/`.startsWith(`${folder}/`)),
  };
}

function withoutTrailingGlob(pattern: string): string {
  return pattern.replace(/\/\*\*$/, "").replace(/\/\*$/, "");
}

/** The file's lines, without comments (which start in the first column) and without the byte order mark. */
function patternsOf(text: string): IgnorePattern[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .flatMap((line) => patternOf(trim(line)) ?? []);
}

/**
 * BuildKit cleans a pattern twice: the line without its `!`, then both together. So `./!a` is an exception, and `!/` and `!`
 * are refused because nothing is left.
 */
function patternOf(line: string): IgnorePattern | undefined {
  const mark = line.startsWith("!") ? "!" : "";
  const path = trim(line.slice(mark.length));
  const whole = trim(mark + (path === "" ? "" : clean(path).replace(/^\/(?=.)/s, "")));
  if (whole === "") {
    return undefined;
  }
  const pattern = clean(whole);
  return pattern.startsWith("!") ? ignorePattern(pattern.slice(1), true) : ignorePattern(pattern, false);
}

/** Like Go's strings.TrimSpace, which keeps a byte order mark and trims U+0085. */
function trim(text: string): string {
  const isSpace = (char: string | undefined) => char !== undefined && /\p{White_Space}/u.test(char);
  let start = 0;
  let end = text.length;
  while (isSpace(text[start])) {
    start++;
  }
  while (end > start && isSpace(text[end - 1])) {
    end--;
  }
  return text.slice(start, end);
}

/** Like Go's filepath.Clean. */
function clean(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/s, "");
}

async function readIfThere(path: string): Promise<string | undefined> {
  return (await readBuildFile(path, "build.context", "be missing"))?.toString("utf8");
}
