import { posix } from "node:path";
import { startScript } from "../../../runtime/bench-facts";
import { type Finding, finding } from "../finding";
import { isShellProgram, parseShebang } from "../script-text";
import type { Step } from "./stages";

/** Number of paths to name; the rest are only counted. */
const mostNamed = 3;
/** Folders that every image has: for them mkdir -p does nothing. */
const alwaysThere = new Set(
  "/ /bin /dev /etc /home /lib /media /mnt /opt /root /run /sbin /srv /usr /usr/local /var /var/lib /var/log /var/run".split(
    " ",
  ),
);

/**
 * Finds lines of the start script that clearly write to a path that Bench makes read-only: a redirection to a path, mkdir
 * and touch. Only a warning: the line may never run. A trial run shows other kinds of writes.
 *
 * @param line the Dockerfile line that puts the script there
 * @param file the script's path in the context
 */
export function checkScriptWrites(content: Buffer, line?: number, file?: string): Finding[] {
  // Skip compiled programs and other languages.
  const shebang = parseShebang(content);
  if (shebang === undefined || !isShellProgram(shebang)) {
    return [];
  }
  const writes = plainLines(content.toString("utf8")).flatMap(({ text, number }) =>
    writtenBy(text)
      .filter(isReadOnly)
      .map((path) => ({ path, number, column: text.search(/\S/) + 1 })),
  );
  const [first] = writes;
  if (first === undefined) {
    return [];
  }
  const paths = [...new Set(writes.map(({ path }) => path))];
  const message = `${startScript} writes ${named(paths)}, in its line ${first.number}`;
  const found = finding("ICA013", "warning", message, line);
  return [file === undefined ? found : { ...found, at: { file, line: first.number, column: first.column } }];
}

/** The lines without quoted text, comments and here-documents. */
function plainLines(text: string): { text: string; number: number }[] {
  let end: string | undefined;
  return text.split("\n").flatMap((whole, i) => {
    if (end !== undefined) {
      if (whole.trim() === end) {
        end = undefined;
      }
      return [];
    }
    const line = whole.replace(/"[^"\n]*"|'[^'\n]*'/g, "''").replace(/(^|\s)#.*/s, "$1");
    end = /(?<!<)<<-?[ \t]*["']?(\w+)/.exec(whole)?.[1];
    return [{ text: line, number: i + 1 }];
  });
}

function writtenBy(line: string): string[] {
  // In a comparison, > is not a redirection.
  if (/\[\[|<<</.test(line)) {
    return [];
  }
  const targets = [...line.matchAll(/(?<![<>=-])>{1,2}[ \t]*(\/[\w.@+/-]+)(?![\w$*'])/g)].map(([, path = ""]) => path);
  const [, program, args = ""] = /^\s*(mkdir|touch)\s([^;&|<>]*)/.exec(line) ?? [];
  const words = args.split(/\s+/);
  // Other options may have a value that is not a written path.
  const isPlain = words.every((word) => !word.startsWith("-") || /^-[pv]+$/.test(word));
  const made = isPlain ? words.filter((word) => /^\/[\w.@+/-]+$/.test(word)) : [];
  return [...targets, ...made.filter((path) => program === "touch" || !alwaysThere.has(posix.normalize(path)))];
}

/** In Docker a VOLUME makes a folder writable; in Bench nothing does. */
export function checkVolumes(steps: readonly Step[]): Finding[] {
  return steps
    .filter(({ keyword }) => keyword === "VOLUME")
    .flatMap(({ line, words, workdir }) =>
      volumeFindings(
        words.filter((word) => word !== undefined).map((path) => posix.resolve(workdir, path)),
        line,
      ),
    );
}

export function volumeFindings(paths: readonly string[], line?: number): Finding[] {
  const closed = paths.filter(isReadOnly);
  return closed.length === 0
    ? []
    : [finding("ICA013", "warning", `VOLUME ${named(closed)} is read-only in Bench`, line)];
}

/** Names a few paths and counts the rest. */
export function named(paths: readonly string[]): string {
  const more = paths.length - mostNamed;
  return `${paths.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Whether the path is read-only in Bench for everyone. Devices and /proc do not count, as they are not on a disk. */
function isReadOnly(path: string): boolean {
  const isBelow = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  return isBelow("/data/.software") || !["/data", "/tmp", "/dev", "/proc"].some(isBelow);
}
