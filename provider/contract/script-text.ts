import { posix } from "node:path";
import { isPointer } from "./dockerfile/pointers";
import { type Finding, finding } from "./finding";
import { startScript } from "./rules";

/** How a script wants to be started. */
export interface Shebang {
  readonly interpreter: string;
  /** What follows the interpreter; the system hands it on as one argument. */
  readonly argument: string;
}

/** Reads the first line of a script. */
export function parseShebang(content: Buffer): Shebang | undefined {
  const [first = ""] = content.subarray(0, 512).toString("utf8").split("\n");
  const match = /^#!\s*(\S+)(.*)/.exec(first);
  return match?.[1] === undefined ? undefined : { interpreter: match[1], argument: (match[2] ?? "").trim() };
}

/** What the script is run by, be it through env: a path, or a name that PATH leads to. */
export function programOf({ interpreter, argument }: Shebang): string | undefined {
  if (posix.basename(interpreter) !== "env") return interpreter;
  return argument.split(/\s+/).find((word) => word !== "" && !word.startsWith("-") && !word.includes("="));
}

export function isShellProgram(shebang: Shebang): boolean {
  return /^(?:ba|da|a|k|z)?sh$/.test(posix.basename(programOf(shebang) ?? ""));
}

/**
 * What is wrong with the start script's text, whether it was read in the context or in the image.
 *
 * @param line of the Dockerfile that puts it there
 * @param file where it is in the context
 */
export function checkScriptText(content: Buffer, line?: number, file?: string): Finding[] {
  const place = (found: Finding, at: { line: number; column: number }): Finding =>
    file === undefined ? found : { ...found, at: { file, ...at } };
  // A program that was compiled needs neither.
  if (content.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"))) return [];
  if (isPointer(content)) {
    const message = `${startScript} is a pointer of Git LFS, not the script`;
    return [place(finding("ICA025", "error", message, line), { line: 1, column: 1 })];
  }
  if (parseShebang(content) === undefined)
    return [
      place(finding("ICA007", "error", `${startScript} ${whatItStartsWith(content)}`, line), { line: 1, column: 1 }),
    ];
  const carriage = content.indexOf("\r\n");
  if (carriage === -1) return [];
  const before = content.subarray(0, carriage).toString("utf8").split("\n");
  const at = before.length;
  const message = `${startScript} has Windows line ends (CRLF), the first in its line ${at}`;
  return [place(finding("ICA008", "error", message, line), { line: at, column: (before.at(-1)?.length ?? 0) + 1 })];
}

function whatItStartsWith(content: Buffer): string {
  if (content.length === 0) return "is empty";
  if (content.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])))
    return 'has a byte order mark before its first line, so it does not start with "#!"';
  return 'does not start with "#!"';
}
