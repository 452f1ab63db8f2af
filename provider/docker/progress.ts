import { BuildError } from "./errors";

/** `started` lines are status lines that the next one replaces; `finished` lines are kept. */
export type BuildLineKind = "started" | "finished";

const outputLines = 20;
const longestName = 100;
const longestOutput = 500;

interface Step {
  readonly name: string;
  readonly output: string[];
  error: string | undefined;
  ended: boolean;
}

/**
 * Reads BuildKit's `--progress=plain` output line by line. Emits one short line when a step of the Dockerfile starts and one
 * when it is done. Leaves out BuildKit's own steps (`[internal] …`, exporting).
 */
export class BuildProgress {
  readonly #steps = new Map<string, Step>();
  readonly #loose: string[] = [];
  readonly #onLine: (line: string, kind: BuildLineKind) => void;

  constructor(onLine: (line: string, kind: BuildLineKind) => void) {
    this.#onLine = onLine;
  }

  add(raw: string): void {
    const line = raw.trimEnd();
    const match = /^#(\d+) (.*)$/.exec(line);
    if (match === null) {
      if (line !== "") {
        keepLast(this.#loose, line);
      }
      return;
    }
    const [, number = "", text = ""] = match;
    const step = this.#steps.get(number);
    if (step === undefined) {
      this.#start(number, text);
    } else {
      this.#follow(step, text);
    }
  }

  #start(number: string, text: string): void {
    // New engines add the digest of the image to FROM.
    const name = shorten(text.replace(/@sha256:[0-9a-f]{64}/, ""));
    this.#steps.set(number, { name, output: [], error: undefined, ended: false });
    if (isOfDockerfile(name)) {
      this.#onLine(name, "started");
    }
  }

  #follow(step: Step, text: string): void {
    const end = /^(?:(CACHED)|DONE(?: (\d+(?:\.\d+)?s))?|ERROR:? ?(.*))$/.exec(text);
    if (end === null) {
      const output = /^\d+\.\d+ (.*)$/.exec(text);
      if (output !== null) {
        keepLast(step.output, output[1] ?? "");
      }
      return;
    }
    const [, cached, time, error] = end;
    if (error !== undefined) {
      step.error = error;
    }
    // A FROM may report more than once that it is done: for its name and for its layers.
    else if (!step.ended && isOfDockerfile(step.name)) {
      this.#onLine(`${step.name} ${cached === undefined ? `(${time ?? "done"})` : "(cached)"}`, "finished");
    }
    step.ended = true;
  }

  /** The error for a failed build; `words` are for a client that could not even start one. */
  failure(words: string): BuildError {
    const failed = [...this.#steps.values()].find(
      (step) => step.error !== undefined && !/context canceled/i.test(step.error),
    );
    if (failed === undefined) {
      const lines = this.#loose.filter((line) => !/^-+$/.test(line));
      return new BuildError(
        undefined,
        lines.at(-1) ?? (words === "" ? "it gave no reason" : words),
        lines.slice(0, -1),
      );
    }
    return new BuildError(failed.name, reasonOf(failed.error ?? ""), failed.output);
  }
}

function isOfDockerfile(name: string): boolean {
  return /^\[(?!internal\b|auth\b)[^\]]*\d\/\d+\]/.test(name);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longestName ? `${line.slice(0, longestName - 1)}…` : line;
}

function keepLast(lines: string[], line: string): void {
  lines.push(line.length > longestOutput ? `${line.slice(0, longestOutput)}…` : line);
  if (lines.length > outputLines) {
    lines.shift();
  }
}

/** BuildKit repeats the whole command in its error; the step's name already contains it. */
function reasonOf(error: string): string {
  const exit = /exit code: \d+/.exec(error);
  return exit === null ? error.slice(0, longestOutput) : exit[0];
}
