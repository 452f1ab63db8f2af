import { posix } from "node:path";
import { startScript } from "../../runtime/bench-facts";
import { isPointer } from "./dockerfile/pointers";
import { type Finding, finding } from "./finding";

/** A script's shebang line. */
export interface Shebang {
  readonly interpreter: string;
  /** The text after the interpreter; the system passes it on as one argument. */
  readonly argument: string;
}

/** Reads the first line of a script. */
export function parseShebang(content: Buffer): Shebang | undefined {
  const [first = ""] = content.subarray(0, 512).toString("utf8").split("\n");
  const match = /^#!\s*(\S+)(.*)/.exec(first);
  return match?.[1] === undefined ? undefined : { interpreter: match[1], argument: (match[2] ?? "").trim() };
}

/** The program that runs the script, also through env: a path, or a name that PATH resolves. */
export function programOf({ interpreter, argument }: Shebang): string | undefined {
  if (posix.basename(interpreter) !== "env") {
    return interpreter;
  }
  return argument.split(/\s+/).find((word) => word !== "" && !word.startsWith("-") && !word.includes("="));
}

export function isShellProgram(shebang: Shebang): boolean {
  return /^(?:ba|da|a|k|z)?sh$/.test(posix.basename(programOf(shebang) ?? ""));
}

/**
 * Problems in the start script's text, read from the context or from the image.
 *
 * @param line the Dockerfile line that puts the script there
 * @param file the script's path in the context
 */
export function checkScriptText(content: Buffer, line?: number, file?: string): Finding[] {
  const place = (found: Finding, at: { line: number; column: number }): Finding =>
    file === undefined ? found : { ...found, at: { file, ...at } };
  // A compiled program needs neither.
  if (content.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"))) {
    return [];
  }
  if (isPointer(content)) {
    const message = `${startScript} is a pointer of Git LFS, not the script`;
    return [place(finding("ICA025", "error", message, line), { line: 1, column: 1 })];
  }
  if (parseShebang(content) === undefined) {
    return [
      place(finding("ICA007", "error", `${startScript} ${whatItStartsWith(content)}`, line), { line: 1, column: 1 }),
    ];
  }
  const carriage = content.indexOf("\r\n");
  if (carriage === -1) {
    return [];
  }
  const before = content.subarray(0, carriage).toString("utf8").split("\n");
  const at = before.length;
  const message = `${startScript} has Windows line ends (CRLF), the first in its line ${at}`;
  return [place(finding("ICA008", "error", message, line), { line: at, column: (before.at(-1)?.length ?? 0) + 1 })];
}

function whatItStartsWith(content: Buffer): string {
  if (content.length === 0) {
    return "is empty";
  }
  if (content.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) {
    return 'has a byte order mark before its first line, so it does not start with "#!"';
  }
  return 'does not start with "#!"';
}
