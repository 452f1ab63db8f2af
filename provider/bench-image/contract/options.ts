import type { Word } from "./shell";

/** The options of a command by their names, and what is left: its operands. */
export interface Options {
  readonly options: ReadonlyMap<string, Option>;
  readonly operands: readonly Word[];
}

export interface Option {
  readonly value: Word;
}

/** Reads options as getopt does; `short` and `long` are those that take a value. */
export function readOptions(args: readonly Word[], short: string, long = ""): Options {
  const longWithValue = new Set(long.split(" "));
  const options = new Map<string, Option>();
  const operands: Word[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (word === undefined) operands.push(word);
    else if (word === ">" || word === "<") i++;
    else if (word.startsWith("--")) {
      const [name = "", ...value] = word.slice(2).split("=");
      if (value.length > 0) options.set(name, { value: value.join("=") });
      else options.set(name, { value: longWithValue.has(name) ? args[++i] : "" });
    } else if (/^-[A-Za-z]/.test(word)) {
      for (let at = 1; at < word.length; at++) {
        const letter = word.charAt(at);
        if (!short.includes(letter)) options.set(letter, { value: "" });
        else {
          const attached = word.slice(at + 1);
          options.set(letter, { value: attached === "" ? args[++i] : attached });
          break;
        }
      }
    } else operands.push(word);
  }
  return { options, operands };
}
