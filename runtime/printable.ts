/**
 * What leaves the process for a terminal. Words from outside (ICA's, Docker's, a workspace's, names of files) may hold signs that
 * clear a screen, set a window's title, fill a clipboard, or turn the direction of a line around. None of them passes.
 */

/**
 * Signs that show nothing and do something: controls (C0, DEL, C1), format signs such as the bidirectional ones, other ends of
 * lines, halves of characters, and the block of invisible tags. Tab and line feed stay, and so do the two joiners that words and emoji of many languages need.
 */
const unprintable = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2065\u{e0000}-\u{e00ff}]/gu;

/** Colours, and "erase the rest of the line", which tools write beside them: nothing of the words is lost without them. */
const [esc, csi] = [String.fromCharCode(0x1b), String.fromCharCode(0x9b)];
const colours = new RegExp(`(?:${esc}\\[|${csi})[\\d;:]*[mK]`, "g");

/**
 * A text that does nothing to a terminal but show. Colours are left out, a line ends in a line feed alone, and every other sign that is
 * not printable shows as an escape: `\x1b`, `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(colours, "").replaceAll("\r\n", "\n").replace(unprintable, escaped);
}

/** The same in one line: what breaks a line shows as an escape too. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, escaped);
}

/** A value as JSON in which such signs are escaped, too, as `\u009b`: the same value for whatever reads it. */
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
