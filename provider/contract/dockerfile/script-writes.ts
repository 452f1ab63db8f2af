import { posix } from "node:path";
import { type Finding, finding } from "../finding";
import { startScript } from "../rules";
import { isShellProgram, parseShebang } from "../script-text";
import type { Step } from "./stages";

/** Paths that are named before the rest is only counted. */
const mostNamed = 3;
/** Folders of any image: mkdir -p of one does nothing. */
const alwaysThere = new Set(
  "/ /bin /dev /etc /home /lib /media /mnt /opt /root /run /sbin /srv /usr /usr/local /var /var/lib /var/log /var/run".split(
    " ",
  ),
);

/**
 * Lines of the start script that plainly write where Bench lets it write nothing: a redirection to a path, mkdir and touch of one. Only a
 * warning: the line may never run. Other ways to write show in a trial run.
 *
 * @param line of the Dockerfile that puts the script there
 * @param file where it is in the context
 */
export function checkScriptWrites(content: Buffer, line?: number, file?: string): Finding[] {
  // Not for a compiled program, nor for another language.
  const shebang = parseShebang(content);
  if (shebang === undefined || !isShellProgram(shebang)) return [];
  const writes = plainLines(content.toString("utf8")).flatMap(({ text, number }) =>
    writtenBy(text)
      .filter(isReadOnly)
      .map((path) => ({ path, number, column: text.search(/\S/) + 1 })),
  );
  const [first] = writes;
  if (first === undefined) return [];
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
      if (whole.trim() === end) end = undefined;
      return [];
    }
    const line = whole.replace(/"[^"\n]*"|'[^'\n]*'/g, "''").replace(/(^|\s)#.*/s, "$1");
    end = /(?<!<)<<-?[ \t]*["']?(\w+)/.exec(whole)?.[1];
    return [{ text: line, number: i + 1 }];
  });
}

function writtenBy(line: string): string[] {
  // In a comparison, > is no redirection.
  if (/\[\[|<<</.test(line)) return [];
  const targets = [...line.matchAll(/(?<![<>=-])>{1,2}[ \t]*(\/[\w.@+/-]+)(?![\w$*'])/g)].map(([, path = ""]) => path);
  const [, program, args = ""] = /^\s*(mkdir|touch)\s([^;&|<>]*)/.exec(line) ?? [];
  const words = args.split(/\s+/);
  // Of other options some have a value, which is no path that is written.
  const isPlain = words.every((word) => !word.startsWith("-") || /^-[pv]+$/.test(word));
  const made = isPlain ? words.filter((word) => /^\/[\w.@+/-]+$/.test(word)) : [];
  return [...targets, ...made.filter((path) => program === "touch" || !alwaysThere.has(posix.normalize(path)))];
}

/** A VOLUME makes a folder writable in Docker, and in Bench nothing does. */
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

/** A few paths, and how many there are beside them. */
export function named(paths: readonly string[]): string {
  const more = paths.length - mostNamed;
  return `${paths.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Whether Bench lets nobody write there. Devices and /proc are no files of a disk. */
export function isReadOnly(path: string): boolean {
  const isBelow = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  return isBelow("/data/.software") || !["/data", "/tmp", "/dev", "/proc"].some(isBelow);
}
