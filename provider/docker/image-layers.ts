import { z } from "zod";

/** What one build step of an image added. */
export interface ImageLayer {
  /** The instruction, without the values of build arguments. */
  readonly madeBy: string;
  readonly bytes: number;
}

const step = z.object({ CreatedBy: z.string(), Size: z.coerce.number() });

/** Parses the output of `docker image history`: one JSON object a line, newest first. Returns the base first. */
export function parseHistory(text: string): ImageLayer[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => step.parse(JSON.parse(line)))
    .map(({ CreatedBy, Size }) => ({ madeBy: instructionOf(CreatedBy), bytes: Size }))
    .reverse();
}

/**
 * `RUN |2 TOKEN=… A=b /bin/sh -c make # buildkit` → `RUN make`. The values of arguments may be secrets, so only the text
 * after the last shell is kept.
 */
export function instructionOf(createdBy: string): string {
  const text = createdBy
    .replace(/\s# buildkit$/, "")
    .replace(/\s+/g, " ")
    .replace(/ # buildkit$/, "")
    .trim();
  const words = text.replace(/^RUN (?=[|/])/, "").split(" ");
  const shells = shellsIn(words);
  const commandOf = (end: number) => words.slice(end + 1).join(" ");
  const last = shells.at(-1);
  if (/^(?:RUN )?\|\d+ /.test(text)) {
    return `RUN ${last === undefined ? "…" : commandOf(last.end)}`;
  }
  const [first] = shells;
  if (first?.start !== 0) {
    return text === "" ? "the base image" : text;
  }
  const command = commandOf(first.end);
  return command.startsWith("#(nop) ") ? command.slice("#(nop) ".length) : `RUN ${command}`;
}

/** Where each `/bin/bash -o pipefail -c` that runs something starts and ends among the words of a text. */
function shellsIn(words: readonly string[]): { start: number; end: number }[] {
  const ends = new Map<number, number>();
  let start: number | undefined;
  words.forEach((word, i) => {
    if (/^\/./.test(word)) {
      start = i;
    } else if (!/^-.|^pipefail$/.test(word)) {
      start = undefined;
    } else if (word === "-c" && start !== undefined && i < words.length - 1) {
      ends.set(start, i);
    }
  });
  return [...ends].map(([start, end]) => ({ start, end }));
}
