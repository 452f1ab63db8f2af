/**
 * A regular expression of Go (RE2, github.com/google/re2/wiki/Syntax) as one of JavaScript, as far as a pattern of a
 * `.dockerignore` can be one: classes, escapes, `.`, `*`, `?`, `{2,3}`, groups, `|`, `^` and `$` for the ends of the text. Throws
 * an error for what Go refuses. Of the classes of Unicode it knows the general categories.
 */
export function goRegExp(expression: string): RegExp {
  let js = "";
  for (let rest = expression; rest !== ""; ) {
    const piece = readPiece(rest);
    js += piece.js;
    rest = piece.rest;
  }
  return new RegExp(js, "v");
}

/** What was read from the start of a text, and the text that is left. */
interface Piece {
  readonly js: string;
  readonly rest: string;
}

function readPiece(text: string): Piece {
  if (text.startsWith("[")) return readClass(text);
  if (text.startsWith("\\Q")) return readQuoted(text);
  const operator = /^(?:\\[AbBz]|[(.^$*?)|])/.exec(text)?.[0];
  if (operator !== undefined) return { js: operators[operator] ?? operator, rest: text.slice(operator.length) };
  const piece = readRepetition(text) ?? readSet(text);
  if (piece !== undefined) return piece;
  const { char, rest } = readCharacter(text);
  return { js: literal(char), rest };
}

/** Those that JavaScript writes in another way; it repeats nothing that has no width unless that is a group. */
const operators: Readonly<Record<string, string>> = {
  "\\A": "(?:^)",
  "\\b": "(?:\\b)",
  "\\B": "(?:\\B)",
  "\\z": "(?:$)",
  "^": "(?:^)",
  $: "(?:$)",
  ".": "[^\\n]",
};

/** `{2}`, `{2,}`, `{2,3}`: at most a thousand. Other braces stand for themselves. */
function readRepetition(text: string): Piece | undefined {
  const [all, ...numbers] = /^\{(0|[1-9]\d*)(?:,(0|[1-9]\d*)?)?\}/.exec(text) ?? [];
  if (all === undefined) return undefined;
  if (numbers.some((number) => Number(number) > 1000)) throw new SyntaxError(`${all} is too often`);
  return { js: all, rest: text.slice(all.length) };
}

/** `\Q…\E`: everything between them stands for itself; without `\E` all that follows. */
function readQuoted(text: string): Piece {
  const [quoted = "", ...others] = text.slice(2).split("\\E");
  return { js: [...quoted].map(literal).join(""), rest: others.join("\\E") };
}

/** `[…]`. A `]` that comes first is one of its members. */
function readClass(text: string): Piece {
  const start = text.startsWith("[^") ? "[^" : "[";
  let members = "";
  let rest = text.slice(start.length);
  do {
    const member = readNamed(rest) ?? readSet(rest) ?? readRange(rest);
    members += member.js;
    rest = member.rest;
  } while (!rest.startsWith("]"));
  return { js: `${start}${members}]`, rest: rest.slice(1) };
}

/** `[:alpha:]` within a class. */
function readNamed(text: string): Piece | undefined {
  const found = /^\[:(\^?)(.*?):\]/s.exec(text);
  if (found === null) return undefined;
  const [all, negation = "", name = ""] = found;
  const members = new Map(Object.entries(named)).get(name);
  if (members === undefined) throw new SyntaxError(`${all} is no class of characters`);
  return { js: `[${negation}${members}]`, rest: text.slice(all.length) };
}

const named = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\0-\\x7f",
  blank: "\\t ",
  cntrl: "\\0-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

/** An escape that stands for several characters. `\s` is what it is in Go: ASCII, and without the vertical tab. */
function readSet(text: string): Piece | undefined {
  const found = /^\\(?:([dDsSwW])|([pP])(?:([CLMNPSZclmnpsz])|\{(\^?)(\w+)\}))/.exec(text);
  if (found === null) return undefined;
  const [all, set, p, letter, negation, name] = found;
  const rest = text.slice(all.length);
  if (set !== undefined) return { js: blanks[set] ?? all, rest };
  return { js: `[${negation ?? ""}\\${p}{${name ?? letter?.toUpperCase()}}]`, rest };
}

const blanks: Readonly<Record<string, string>> = { s: "[\\t\\n\\f\\r ]", S: "[^\\t\\n\\f\\r ]" };

/** One character of a class, or two with `-` between them. */
function readRange(text: string): Piece {
  const low = readCharacter(text);
  if (!/^-[^\]]/.test(low.rest)) return { js: literal(low.char), rest: low.rest };
  const high = readCharacter(low.rest.slice(1));
  if (codeOf(high.char) < codeOf(low.char)) throw new SyntaxError(`${low.char}-${high.char} is in the wrong order`);
  return { js: `${literal(low.char)}-${literal(high.char)}`, rest: high.rest };
}

/** A character, or an escape for one. */
function readCharacter(text: string): { readonly char: string; readonly rest: string } {
  const [char = ""] = text;
  if (char === "") throw new SyntaxError("a [ has no ]");
  if (char !== "\\") return { char, rest: text.slice(char.length) };
  const found = characterEscape.exec(text);
  if (found === null) throw new SyntaxError(`${[...text].slice(0, 2).join("")} stands for nothing`);
  const [all, braced, hex = braced, octal, control, itself] = found;
  const rest = text.slice(all.length);
  if (itself !== undefined) return { char: itself, rest };
  if (control !== undefined) return { char: "\x07\f\n\r\t\v"["afnrtv".indexOf(control)] ?? "", rest };
  const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
  return { char: String.fromCodePoint(code), rest };
}

/** By its number, as a control character, or for itself: all of ASCII but letters and digits. */
const characterEscape =
  /^\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2})|([afnrtv])|((?![0-9A-Za-z])[\0-\x7f]))/;

function literal(char: string): string {
  return `\\u{${codeOf(char).toString(16)}}`;
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
