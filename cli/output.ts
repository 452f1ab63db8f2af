import { printable } from "../runtime/printable";

/**
 * The two outputs of the command line. All output goes through these functions, so that only printable text gets there.
 */

/** Prints the result of a command: complete text, with line ends. */
export function print(text: string): void {
  process.stdout.write(printable(text));
}

/** Prints JSON, or other text that already escapes unprintable characters. */
export function printEscaped(text: string): void {
  process.stdout.write(text);
}

/** Prints lines for people to stderr, where `eval` and pipes do not see them. */
export function say(...lines: string[]): void {
  process.stderr.write(`${printable(lines.join("\n"))}\n`);
}
