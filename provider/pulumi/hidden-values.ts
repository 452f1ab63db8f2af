import type { Log } from "../handler";

/**
 * Values that a program calls secret, in lines for people: each is shown as `[secret]`, as Pulumi does. A value is also found
 * in what is made of it: percent-encoded in the address of a call, escaped in JSON, or with other characters between its
 * words, as in the name of an archive.
 */
export class HiddenValues {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Takes the texts and numbers at these paths, and all within them. Unknown paths are none. */
  add(properties: unknown, paths: readonly (readonly string[])[]): void {
    for (const path of paths) {
      for (const text of textsIn(valueAt(properties, path))) {
        if (text === "" || this.#values.has(text)) continue;
        this.#values.add(text);
        this.#pattern = undefined;
      }
    }
  }

  hide(line: string): string {
    if (this.#values.size === 0) return line;
    this.#pattern ??= new RegExp([...this.#values].sort(longerFirst).map(patternOf).join("|"), "gi");
    return line.replaceAll(this.#pattern, "[secret]");
  }

  /** A log that hides them. */
  hiding(log: Log): Log {
    return {
      info: (line) => log.info(this.hide(line)),
      status: (line) => log.status(this.hide(line)),
      warn: (line) => log.warn(this.hide(line)),
    };
  }
}

/** Those of all resources of this process: an error of one may name another. */
export const hiddenValues = new HiddenValues();

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function longerFirst(a: string, b: string): number {
  return b.length - a.length;
}

/** Shorter ones are found as words of their own only: a secret `x` does not hide the x of every other word. */
const shortest = 4;

/** Names made of a longer value may be cut. */
const cuts = [100, 60] as const;

/** What may stand between two words of a value, in a text that was made of it. It shares no character with the words, so no search backtracks. */
const between = "[^A-Z0-9]+";

function patternOf(value: string): string {
  const encoded = encodeURIComponent(value.replace(/\p{Surrogate}/gu, "\ufffd"));
  const forms = [value, encoded, JSON.stringify(value).slice(1, -1)].map(escaped);
  const whole = [value, ...cuts.filter((length) => value.length > length).map((length) => value.slice(0, length))];
  for (const text of whole) {
    const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
    if (words.length > 0) forms.push(words.join(between));
  }
  const any = `(?:${forms.join("|")})`;
  const isShort = value.replaceAll(/[^A-Za-z0-9]/g, "").length < shortest;
  return isShort ? `(?<![A-Z0-9])${any}(?![A-Z0-9])` : any;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
