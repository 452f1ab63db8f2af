/**
 * A reader of shell commands, only as good as a look at a Dockerfile needs: it parts commands and words, and owns up to what
 * it cannot know (substitutions, variables without a value) instead of guessing.
 */

/** A word; undefined when its value cannot be known from the text. */
export type Word = string | undefined;

/** A simple command. Redirections are words of their own: `>`, then the file. */
export interface Command {
  readonly words: readonly Word[];
  /** Where it begins in the script, in characters. */
  readonly at: number;
}

/** A variable's value: undefined when it is not known, null when nothing in the text gives it one. */
export type Value = Word | null;

export type Lookup = (name: string) => Value;

const operators = /^(?:&&|\|\||;;|[;|&\n(){}])/;

/** Parts a script into its simple commands, in the order they stand. */
export function parseCommands(script: string, lookup: Lookup): Command[] {
  const commands: Command[] = [];
  let words: Word[] = [];
  // As many blanks as there were characters, so that places stay what they are.
  const joined = script.replace(/\\\r?\n/g, ({ length }) => " ".repeat(length));
  let rest = joined;
  let at = 0;
  const finish = () => {
    const command = withoutPrefix(words);
    if (command.length > 0) commands.push({ words: command, at });
    words = [];
  };
  const add = (word: Word) => {
    if (words.length === 0) at = joined.length - rest.length;
    words.push(word);
  };
  while (rest !== "") {
    const blank = /^[ \t\r]+/.exec(rest);
    const comment = /^#[^\n]*/.exec(rest);
    const redirection = /^\d?(?:>>|>\||>&|<<<|<<-?|>|<)/.exec(rest);
    const operator = operators.exec(rest);
    if (blank !== null) rest = rest.slice(blank[0].length);
    else if (comment !== null) rest = rest.slice(comment[0].length);
    else if (redirection !== null) {
      add(redirection[0].includes("<") ? "<" : ">");
      rest = rest.slice(redirection[0].length);
    } else if (operator !== null && !/^[{}]\S/.test(rest)) {
      finish();
      rest = rest.slice(operator[0].length);
    } else {
      const { word, length } = readWord(rest, lookup, /[\s;|&()<>]/);
      add(word);
      rest = rest.slice(Math.max(1, length));
    }
  }
  finish();
  return commands;
}

const keyword = /^(?:if|then|elif|else|fi|do|done|while|until|!|time|exec|command|sudo|nohup|env|[A-Za-z_]\w*=.*)$/s;

/** Takes away what stands before the command itself: keywords, assignments, and programs that only run another one. */
function withoutPrefix(words: readonly Word[]): Word[] {
  let first = 0;
  for (let word = words[first]; word !== undefined && keyword.test(word); word = words[first]) {
    first++;
    // Options of sudo; two of them have a value.
    if (word === "sudo")
      for (let option = words[first]; option?.startsWith("-"); option = words[first])
        first += /^-[ug]$/.test(option) ? 2 : 1;
  }
  return words.slice(first);
}

function readWord(text: string, lookup: Lookup, end: RegExp): { word: Word; length: number } {
  let at = 0;
  let word = "";
  let known = true;
  let quote = "";
  while (at < text.length) {
    const char = text.charAt(at);
    if (quote === "'") {
      if (char === "'") quote = "";
      else word += char;
      at++;
    } else if (char === "\\") {
      word += text.charAt(at + 1);
      at += 2;
    } else if (char === '"' || char === "'") {
      if (quote === "") quote = char;
      else if (quote === char) quote = "";
      else word += char;
      at++;
    } else if (char === "$" || char === "`") {
      const { value, length } = readSubstitution(text.slice(at), lookup);
      known &&= value !== undefined;
      word += value ?? "";
      at += length;
    } else if (quote === "" && end.test(char)) break;
    else {
      word += char;
      at++;
    }
  }
  return { word: known ? word : undefined, length: at };
}

function readSubstitution(text: string, lookup: Lookup): { value: Word; length: number } {
  if (text.startsWith("`")) return { value: undefined, length: closing(text, 1, "`", "`") };
  if (text.startsWith("$(")) return { value: undefined, length: closing(text, 2, "(", ")") };
  const plain = /^\$([A-Za-z_]\w*)/.exec(text);
  if (plain !== null) return { value: lookup(plain[1] ?? "") ?? undefined, length: plain[0].length };
  const braced = /^\$\{([A-Za-z_]\w*)(?:(:?[-+])([^{}]*))?\}/.exec(text);
  if (braced !== null) {
    const [whole, name = "", operator, other = ""] = braced;
    return { value: choose(lookup(name), operator, other, lookup), length: whole.length };
  }
  if (text.startsWith("${")) return { value: undefined, length: closing(text, 2, "{", "}") };
  return /^\$[\d@*#?$!-]/.test(text) ? { value: undefined, length: 2 } : { value: "$", length: 1 };
}

/** `${name:-other}` and `${name:+other}`. An unknown variable may be empty or not, so nothing is known of the whole. */
function choose(value: Value, operator: string | undefined, other: string, lookup: Lookup): Word {
  if (operator === undefined || value === undefined) return value ?? undefined;
  const isSet = value !== null && (!operator.startsWith(":") || value !== "");
  if (operator.endsWith("+")) return isSet ? expandText(other, lookup) : "";
  return isSet ? value : expandText(other, lookup);
}

function closing(text: string, from: number, open: string, close: string): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === close) depth--;
    else if (char === open) depth++;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** Expands the variables of a text that is one word, as Docker does in its own instructions. */
export function expandText(text: string, lookup: Lookup): Word {
  return text === "" ? "" : readWord(text, lookup, /(?!)/).word;
}

/** The words of an instruction that is no shell command (COPY, USER, …), by the same rules of quoting. */
export function splitWords(text: string, lookup: Lookup): Word[] {
  const words: Word[] = [];
  for (let rest = text.trim(); rest !== ""; rest = rest.trimStart()) {
    const { word, length } = readWord(rest, lookup, /\s/);
    words.push(word);
    rest = rest.slice(length);
  }
  return words;
}
