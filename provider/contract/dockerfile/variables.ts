/** A word; undefined when the text does not show its value. */
export type Word = string | undefined;

/** A variable's value: undefined when unknown, null when nothing in the text sets it. */
export type Value = Word | null;

export type Lookup = (name: string) => Value;

/** Expands the variables in a text that is one word and removes its quotes, as Docker does in its own instructions. */
export function expandText(text: string, lookup: Lookup): Word {
  return readWord(text, 0, lookup, false).word;
}

/** The words of an instruction (COPY, USER, …), by the same rules. */
export function splitWords(text: string, lookup: Lookup): Word[] {
  const words: Word[] = [];
  for (let at = 0; ; ) {
    while (isBlank(text[at])) {
      at++;
    }
    if (at >= text.length) {
      return words;
    }
    const { word, end } = readWord(text, at, lookup, true);
    words.push(word);
    at = end;
  }
}

function readWord(text: string, from: number, lookup: Lookup, endsAtBlank: boolean): { word: Word; end: number } {
  let word: Word = "";
  let quote = "";
  let at = from;
  const add = (more: Word) => {
    word = word === undefined || more === undefined ? undefined : word + more;
  };
  while (at < text.length && !(endsAtBlank && quote === "" && isBlank(text[at]))) {
    const char = text.charAt(at);
    if (char === "\\" && quote !== "'") {
      add(text.charAt(at + 1));
      at += 2;
    } else if (char === "$" && quote !== "'") {
      const { value, length } = readVariable(text, at, lookup);
      add(value);
      at += length;
    } else {
      if (char === quote) {
        quote = "";
      } else if (quote === "" && (char === '"' || char === "'")) {
        quote = char;
      } else {
        add(char);
      }
      at++;
    }
  }
  return { word, end: at };
}

/** `$name`, `${name}`, `${name:-other}` and `${name:+other}`. Other forms, and `$(…)` in a RUN, are unknown. */
function readVariable(text: string, from: number, lookup: Lookup): { value: Word; length: number } {
  const plain = /\$([A-Za-z_]\w*)/y;
  plain.lastIndex = from;
  const found = plain.exec(text);
  if (found !== null) {
    return { value: lookup(found[1] ?? "") ?? undefined, length: found[0].length };
  }
  if (!/[{(]/.test(text.charAt(from + 1))) {
    return { value: "$", length: 1 };
  }
  const close = text.indexOf(text.charAt(from + 1) === "{" ? "}" : ")", from);
  const whole = text.slice(from, close === -1 ? undefined : close + 1);
  const [, name, operator, other = ""] = /^\$\{([A-Za-z_]\w*)(?:(:?[-+])([^{}]*))?\}$/.exec(whole) ?? [];
  return {
    value: name === undefined ? undefined : choose(lookup(name), operator, other, lookup),
    length: whole.length,
  };
}

/** An unknown variable may be empty or not, so the whole value is unknown. */
function choose(value: Value, operator: string | undefined, other: string, lookup: Lookup): Word {
  if (operator === undefined || value === undefined) {
    return value ?? undefined;
  }
  const isSet = value !== null && (!operator.startsWith(":") || value !== "");
  if (operator.endsWith("+")) {
    return isSet ? expandText(other, lookup) : "";
  }
  return isSet ? value : expandText(other, lookup);
}

function isBlank(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char);
}
