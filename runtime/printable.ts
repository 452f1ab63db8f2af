/**
 * Makes text safe for a terminal. Text from outside (ICA, Docker, a workspace, file names) may hold characters that
 * clear a screen, set a window's title, fill a clipboard, or reverse a line. None of them passes.
 */

/**
 * Invisible characters with an effect: controls (C0, DEL, C1), format characters such as the bidirectional ones, other
 * line ends, unpaired surrogates, and the block of invisible tags. Tab and line feed stay, as do the two joiners that
 * words and emoji of many languages need.
 */
const unprintable = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2065\u{e0000}-\u{e00ff}]/gu;

/** Colours, and "erase the rest of the line", which tools write beside them. Removing them loses no text. */
const [esc, csi] = [String.fromCharCode(0x1b), String.fromCharCode(0x9b)];
const colours = new RegExp(`(?:${esc}\\[|${csi})[\\d;:]*[mK]`, "g");

/**
 * Text that only shows on a terminal, without other effects. Drops colours, turns every line end into a line feed, and
 * escapes every other unprintable character: `\x1b`, `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(colours, "").replaceAll("\r\n", "\n").replace(unprintable, escaped);
}

/** The same in one line: also escapes line breaks and tabs. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, escaped);
}

/** JSON with these characters escaped, for example `\u009b`. Every JSON parser reads the same value. */
export function printableJson(value: unknown, indent?: number): string {
  const units = (sign: string) =>
    Array.from({ length: sign.length }, (_, i) => hex(sign.charCodeAt(i), "u", 4)).join("");
  return JSON.stringify(value, undefined, indent).replace(unprintable, units);
}

function escaped(sign: string): string {
  const known: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const code = sign.codePointAt(0) ?? 0;
  return (
    known[sign] ?? (code < 0x100 ? hex(code, "x", 2) : code < 0x10000 ? hex(code, "u", 4) : `\\u{${code.toString(16)}}`)
  );
}

function hex(code: number, letter: "x" | "u", digits: number): string {
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}
