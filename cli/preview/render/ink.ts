import { cut } from "../../../provider/error-message";
import { printableLine } from "../../../runtime/printable";

/** How a renderer writes what is not its own. The sentences are the same in every format (sentences.ts). */
export interface Ink {
  /** A name or value from an untrusted source, in one line. */
  value(text: string): string;
  /** A word of this project that a reader may type, such as a field. */
  word(text: string): string;
  /** A sentence that this project may have written. */
  sentence(text: string): string;
  strong(markup: string): string;
}

/** Longest value in a sentence, in characters. */
const longestValue = 160;

/** A text as a code span of Markdown: nothing in it is a link, a mention, a heading or HTML, wherever the span stands. */
export function codeSpan(text: string, longest = longestValue): string {
  const line = cut(printableLine(text), longest);
  if (line === "") {
    return '`""`';
  }
  const longestRun = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longestRun + 1);
  const blank = line.trim() === "";
  const pad = !blank && (/^[` ]/.test(line) || /[` ]$/.test(line)) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** The same for a cell of a table, in which a bar would end the cell, even inside of a code span. */
export function codeCell(text: string, longest = longestValue): string {
  return codeSpan(text.replaceAll("|", "\\x7c"), longest);
}

/** Several lines from an untrusted source, as a block that ends where this layout ends it. */
export function codeBlock(lines: string): string {
  const longestRun = Math.max(2, ...[...lines.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longestRun + 1);
  return `${fence}text\n${lines}\n${fence}`;
}

/**
 * A sentence of this project unchanged if it has only letters and plain signs; a code span otherwise. A report is read
 * from a file, so even its own sentences are untrusted.
 */
export function prose(text: string): string {
  const isPlain = /^(?:[A-Za-z0-9 ,;'"{}()/-]|[.:](?= |$))+$/.test(text) && !/GH-\d|[0-9a-f]{7}/i.test(text);
  return isPlain ? text : codeSpan(text, 1000);
}

export const markdownInk: Ink = {
  value: (text) => codeSpan(text),
  word: (text) => codeSpan(text),
  sentence: prose,
  strong: (markup) => `**${markup}**`,
};

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Bytes as people read them. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
