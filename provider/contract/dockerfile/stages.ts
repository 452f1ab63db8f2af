import { posix } from "node:path";
import { DockerfileParser, Flag, type Instruction } from "dockerfile-ast";
import { partDocuments } from "./here-documents";
import { expandText, type Lookup, splitWords, type Value, type Word } from "./variables";

/** An instruction of the built stage, with known variables filled in. */
export interface Step {
  /** Line number, from 1. */
  readonly line: number;
  readonly keyword: string;
  /** The text after the keyword and its flags, as written; for a here-document only its first line. */
  readonly text: string;
  /** The words of `text`, or the strings of its JSON form. */
  readonly words: readonly Word[];
  /** Whether `words` come from the JSON form, which bypasses the shell. */
  readonly json: boolean;
  /** For example `chmod` → `0755`. */
  readonly flags: ReadonlyMap<string, Word>;
  /** The bodies of its here-documents. */
  readonly documents: readonly string[];
  /** The working directory. */
  readonly workdir: string;
  /** The values of variables at this point. */
  readonly lookup: Lookup;
  /** What ARG and ENV set, by name. */
  readonly sets: readonly (readonly [string, Word])[];
}

/** A FROM on the path to the built stage, and the steps after it. */
interface Stage {
  readonly line: number;
  readonly name: string | undefined;
  readonly image: Word;
  readonly platform: Word;
  readonly instructions: readonly Instruction[];
}

/**
 * What is built: the base image, and every step from there to the end of the stage, including the earlier stages it is based
 * on.
 */
export interface Plan {
  /** The base image of the first of these stages; undefined when a variable hides it. */
  readonly base: Word;
  /** Each FROM on the path. */
  readonly froms: readonly { readonly line: number; readonly image: Word; readonly platform: Word }[];
  readonly steps: readonly Step[];
}

export interface BuildChoice {
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
}

/** The variables that BuildKit sets for the only platform that is built; the build machine's platform is unknown. */
const automatic = new Map<string, string | undefined>([
  ["TARGETPLATFORM", "linux/amd64"],
  ["TARGETOS", "linux"],
  ["TARGETARCH", "amd64"],
  ["TARGETVARIANT", ""],
]);

/** Reads a Dockerfile. Undefined when it does not contain the stage to build. */
export function planOf(text: string, { target, args = {} }: BuildChoice): Plan | undefined {
  const { globals, stages } = stagesOf(text, args);
  const chosen = target === undefined ? stages.length - 1 : indexOf(stages, target, stages.length);
  const chain: Stage[] = [];
  for (let at = chosen; at >= 0; ) {
    const stage = stages[at];
    if (stage === undefined) {
      break;
    }
    chain.unshift(stage);
    at = stage.image === undefined ? -1 : indexOf(stages, stage.image, at);
  }
  const [first] = chain;
  if (first === undefined) {
    return undefined;
  }
  return {
    base: first.image,
    froms: chain.map(({ line, image, platform }) => ({ line, image, platform })),
    steps: stepsOf(chain, globals, args),
  };
}

/** Finds a stage by its name, or by its number from 0, among those before `limit`. */
function indexOf(stages: readonly Stage[], wanted: string, limit: number): number {
  const named = stages.findLastIndex(({ name }, i) => i < limit && name?.toLowerCase() === wanted.toLowerCase());
  if (named !== -1 || !/^\d+$/.test(wanted)) {
    return named;
  }
  return Number(wanted) < limit ? Number(wanted) : -1;
}

function stagesOf(
  text: string,
  args: Readonly<Record<string, string>>,
): { globals: Map<string, Value>; stages: Stage[] } {
  const globals = new Map<string, Value>();
  const lookup = lookupIn(globals);
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === "FROM") {
      const [image, as, name] = splitWords(instruction.getArgumentsContent() ?? "", lookup);
      stages.push({
        line: lineOf(instruction),
        image,
        name: as?.toUpperCase() === "AS" ? name : undefined,
        platform: flagsOf(instruction, lookup).get("platform"),
        instructions: [],
      });
    } else if (stages.length > 0) {
      stages.at(-1)?.instructions.push(instruction);
    } else if (keyword === "ARG") {
      declareArgs(instruction, globals, new Map(), args);
    }
  }
  return { globals, stages };
}

function stepsOf(
  chain: readonly Stage[],
  globals: ReadonlyMap<string, Value>,
  args: Readonly<Record<string, string>>,
): Step[] {
  const steps: Step[] = [];
  // A stage based on another one inherits both (docs.docker.com, "Dockerfile reference", "Scope" of ARG).
  const env = new Map<string, Word>();
  const variables = new Map<string, Value>();
  let workdir = "/";
  for (const stage of chain) {
    for (const instruction of stage.instructions) {
      const keyword = instruction.getKeyword();
      const lookup = lookupIn(new Map(variables));
      const step = stepOf(instruction, keyword, workdir, lookup);
      let sets: [string, Word][] = [];
      if (keyword === "ARG") {
        sets = declareArgs(instruction, variables, globals, args, env);
      } else if (keyword === "ENV") {
        sets = pairsOf(step);
        for (const [name, value] of sets) {
          variables.set(name, value);
          env.set(name, value);
        }
      } else if (keyword === "WORKDIR") {
        workdir = posix.resolve(workdir, step.words[0] ?? ".");
      }
      steps.push({ ...step, sets });
    }
  }
  return steps;
}

function stepOf(instruction: Instruction, keyword: string, workdir: string, lookup: Lookup): Omit<Step, "sets"> {
  const raw = instruction.getRawArgumentsContent() ?? "";
  const { heads, documents } = partDocuments(raw, instruction.getArgumentsContent() ?? "");
  const strings = parseJson(heads);
  return {
    line: lineOf(instruction),
    keyword,
    text: heads,
    words:
      strings === undefined
        ? splitWords(heads, lookup)
        : strings.map((text) => (keyword === "RUN" ? text : expandText(text, lookup))),
    json: strings !== undefined,
    flags: flagsOf(instruction, lookup),
    documents,
    workdir,
    lookup,
  };
}

function parseJson(text: string): string[] | undefined {
  if (!text.trim().startsWith("[")) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    // Docker then treats it as a shell command, and so does this.
    return undefined;
  }
}

function flagsOf(instruction: Instruction, lookup: Lookup): Map<string, Word> {
  const flags: unknown =
    "getFlags" in instruction && typeof instruction.getFlags === "function" ? instruction.getFlags() : [];
  const found = (Array.isArray(flags) ? flags : []).filter((flag) => flag instanceof Flag);
  return new Map(found.map((flag) => [flag.getName(), expandText(flag.getValue() ?? "", lookup)]));
}

function declareArgs(
  instruction: Instruction,
  variables: Map<string, Value>,
  globals: ReadonlyMap<string, Value>,
  args: Readonly<Record<string, string>>,
  env: ReadonlyMap<string, Word> = new Map(),
): [string, Word][] {
  const set: [string, Word][] = [];
  for (const text of instruction.getArguments().map((argument) => argument.getValue())) {
    const [name = "", ...rest] = text.split("=");
    const value = valueOfArg(name, rest.length > 0 ? rest.join("=") : undefined, variables, globals, args);
    set.push([name, value ?? undefined]);
    // An ENV of the same name takes precedence.
    if (!env.has(name)) {
      variables.set(name, value);
    }
  }
  return set;
}

/** The value of an ARG without one: from the build, from a global ARG, or the value that is already set. */
function valueOfArg(
  name: string,
  value: string | undefined,
  variables: ReadonlyMap<string, Value>,
  globals: ReadonlyMap<string, Value>,
  args: Readonly<Record<string, string>>,
): Value {
  const given = args[name] ?? (value === undefined ? undefined : expandText(value, lookupIn(variables)));
  if (given !== undefined || value !== undefined) {
    return given;
  }
  if (globals.has(name) && globals.get(name) !== null) {
    return globals.get(name);
  }
  if (variables.has(name)) {
    return variables.get(name);
  }
  if (automatic.has(name)) {
    return automatic.get(name);
  }
  return name.startsWith("BUILD") ? undefined : null;
}

function pairsOf({ text, words, lookup }: Pick<Step, "text" | "words" | "lookup">): [string, Word][] {
  if (!/^\s*[A-Za-z_][\w.-]*=/.test(text)) {
    const [, name, value = ""] = /^\s*(\S+)\s*(.*)$/s.exec(text) ?? [];
    return name === undefined ? [] : [[name, expandText(value, lookup)]];
  }
  return words.flatMap((word, i): [string, Word][] => {
    if (word !== undefined) {
      const [name = "", ...rest] = word.split("=");
      return [[name, rest.join("=")]];
    }
    const name = text.trim().split(/\s+/)[i]?.split("=")[0];
    return name === undefined ? [] : [[name, undefined]];
  });
}

function lookupIn(variables: ReadonlyMap<string, Value>): Lookup {
  return (name) => (variables.has(name) ? variables.get(name) : automatic.get(name));
}

function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1;
}
