import { printable } from "../runtime/printable";

/** The two outputs of the command line. Nothing else writes to them, so that only what is printable gets there. */

/** What a command is asked for: text that is complete, line ends included. */
export function print(text: string): void {
  process.stdout.write(printable(text));
}

/** JSON, and other text in which such signs are escaped in a way of its own. */
export function printEscaped(text: string): void {
  process.stdout.write(text);
}

/** Lines for a person, beside what is asked for: where `eval` and pipes do not see them. */
export function say(...lines: string[]): void {
  process.stderr.write(`${printable(lines.join("\n"))}\n`);
}
