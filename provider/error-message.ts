import { printable } from "../runtime/printable";

/** The words of whatever was thrown: an error's message, anything else as text. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A text of at most `most` characters; an ellipsis stands for what is left out. Half a character is left out too. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Characters of one message to the engine: of ICA's words in it, some hundred are left already. */
const longestMessage = 64_000;

/** A message as it leaves the process: printable, since the words in it may be another's, and not endless. */
export function shown(message: string): string {
  return printable(cut(message, longestMessage));
}

/** The text without the characters at its end that match. A loop: a regular expression for it takes quadratic time. */
export function withoutEnd(text: string, ending: RegExp): string {
  let end = text.length;
  while (end > 0 && ending.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** The text without the full stops and spaces at its end. */
export function withoutFullStop(text: string): string {
  return withoutEnd(text, /[.\s]/);
}
