import { posix } from "node:path";
import { type Finding, finding } from "./finding";
import { withoutDocuments } from "./here-documents";
import { readOptions } from "./options";
import { startScript } from "./rules";
import { isShellProgram, parseShebang } from "./script-text";
import { type Command, expandText, type Lookup, parseCommands, type Word } from "./shell";
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
 * What the start script writes where Bench lets it write nothing, as far as its text shows: redirections, and commands that
 * make or change files. Only a warning: the line may never run.
 *
 * @param env the image's environment
 * @param line of the Dockerfile that puts the script there
 * @param file where it is in the context
 */
export function checkScriptWrites(
  content: Buffer,
  env: ReadonlyMap<string, Word>,
  line?: number,
  file?: string,
): Finding[] {
  // Not for a compiled program, nor for another language.
  const shebang = parseShebang(content);
  if (shebang === undefined || !isShellProgram(shebang)) return [];
  const text = withoutDocuments(content.toString("utf8"));
  const writes = parseCommands(text, lookupIn(text, env)).flatMap((command) =>
    writtenBy(command)
      .filter(isReadOnly)
      .map((path) => ({ path, at: command.at })),
  );
  const [first] = writes;
  if (first === undefined) return [];
  const before = text.slice(0, first.at).split("\n");
  const paths = [...new Set(writes.map(({ path }) => path))];
  const found = finding(
    "ICA013",
    "warning",
    `${startScript} writes ${named(paths)}, in its line ${before.length}`,
    line,
  );
  if (file === undefined) return [found];
  return [{ ...found, at: { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 } }];
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

function writtenBy({ words }: Command): string[] {
  const [program = "", ...args] = words;
  // In a comparison, > is no redirection.
  if (program === "[[" || program === "[" || program === "test") return [];
  const targets = words.flatMap((word, i) => (word === ">" ? [words[i + 1]] : []));
  const name = posix.basename(program);
  const [short, long] = withValue[name] ?? ["", ""];
  // The suffix of -i is no option.
  const { options, operands } = readOptions(
    args.map((word) => word?.replace(/^-i.*/s, "-i")),
    short,
    long,
  );
  const has = (...names: string[]) => names.some((each) => options.has(each));
  const changes = (): Word[] => {
    switch (name) {
      case "mkdir":
        return operands.filter((path) => path === undefined || !alwaysThere.has(posix.normalize(path)));
      case "touch":
      case "tee":
      case "truncate":
      case "mkfifo":
        return [...operands];
      case "cp":
      case "mv":
      case "ln":
      case "install":
        if (has("d", "directory") && name === "install") return [...operands];
        return has("t", "target-directory")
          ? [(options.get("t") ?? options.get("target-directory"))?.value]
          : operands.slice(-1);
      case "sed":
        if (!has("i", "in-place")) return [];
        return has("e", "f", "expression", "file") ? [...operands] : operands.slice(1);
      default:
        return [];
    }
  };
  return [...targets, ...changes()]
    .filter((path) => path !== undefined)
    .filter((path) => path.startsWith("/"))
    .map((path) => posix.normalize(path).replace(/(?<=.)\/$/, ""));
}

/** The options that take a value, short and long: what follows them is no file that is written. */
const withValue: Readonly<Record<string, readonly [string, string]>> = {
  mkdir: ["m", "mode"],
  mkfifo: ["m", "mode"],
  touch: ["rdt", "reference date time"],
  truncate: ["sr", "size reference"],
  cp: ["tS", "target-directory suffix"],
  mv: ["tS", "target-directory suffix"],
  ln: ["tS", "target-directory suffix"],
  install: ["gmotS", "group mode owner target-directory suffix"],
  sed: ["ef", "expression file"],
};

/** Variables as the script itself sets them, else as the image does. One that it sets in two ways is not known. */
function lookupIn(text: string, env: ReadonlyMap<string, Word>): Lookup {
  const own = new Map<string, Word>();
  const known: Lookup = (name) => (own.has(name) ? own.get(name) : name === "HOME" ? "/data" : env.get(name));
  for (const [, name = "", raw = ""] of text.matchAll(
    /(?:^|[;&|{]|\b(?:then|else|do)\b)[ \t]*(?:export |readonly |local )?([A-Za-z_]\w*)=([^\n;&|]*)/gm,
  )) {
    const [value, ...others] = [...(raw.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [""])];
    const word = others.length > 0 && !others[0]?.startsWith("#") ? undefined : expandText(value ?? "", known);
    own.set(name, own.has(name) && own.get(name) !== word ? undefined : word);
  }
  for (const [, name = ""] of text.matchAll(/\b(?:for|read(?: -r)?) ([A-Za-z_]\w*)/g)) own.set(name, undefined);
  return known;
}
