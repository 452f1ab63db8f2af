import { printable } from "../runtime/printable";

/** The message of an error, or any other thrown value as text. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Shortens a text to at most `most` characters, with an ellipsis at the end. Never cuts a character in half. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Largest number of characters of a message to the engine; ICA's words in it are already limited to a few hundred. */
const longestMessage = 64_000;

/** A message as it leaves the process: printable, since it may contain other people's words, and limited in length. */
export function shown(message: string): string {
  return printable(cut(message, longestMessage));
}

/** Removes matching characters from the end of a text. It uses a loop, since a regular expression would take quadratic time. */
export function withoutEnd(text: string, ending: RegExp): string {
  let end = text.length;
  while (end > 0 && ending.test(text.charAt(end - 1))) {
    end--;
  }
  return text.slice(0, end);
}

/** Removes full stops and spaces from the end of a text. */
export function withoutFullStop(text: string): string {
  return withoutEnd(text, /[.\s]/);
}
