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
  const match = /^#!\s*(\S+)[ \t]*(.*?)\r?$/.exec(first);
  return match?.[1] === undefined ? undefined : { interpreter: match[1], argument: (match[2] ?? "").trim() };
}

/** What is wrong with the start script's text, whether it was read in the context or in the image. */
export function checkScriptText(content: Buffer, line?: number): Finding[] {
  // A program that was compiled needs neither.
  if (content.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"))) return [];
  if (parseShebang(content) === undefined)
    return [finding("ICA007", "error", `${startScript} ${whatItStartsWith(content)}`, line)];
  const carriage = content.indexOf("\r\n");
  if (carriage === -1) return [];
  const at = content.subarray(0, carriage).toString("latin1").split("\n").length;
  return [finding("ICA008", "error", `${startScript} has Windows line ends (CRLF), the first in its line ${at}`, line)];
}

function whatItStartsWith(content: Buffer): string {
  if (content.length === 0) return "is empty";
  if (content.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])))
    return 'has a byte order mark before its first line, so it does not start with "#!"';
  return 'does not start with "#!"';
}
