import type { Log } from "../handler";

/**
 * Hides the program's secret values in lines for users: each appears as `[secret]`, as in Pulumi. It also finds a value
 * inside derived text: percent-encoded in a URL, escaped in JSON, or with other characters between its words, as in an
 * archive's name.
 */
export class HiddenValues {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Adds the strings and numbers at these paths and below. Ignores paths that do not exist. */
  add(properties: unknown, paths: readonly (readonly string[])[]): void {
    for (const path of paths) {
      for (const text of textsIn(valueAt(properties, path))) {
        if (text === "" || this.#values.has(text)) {
          continue;
        }
        this.#values.add(text);
        this.#pattern = undefined;
      }
    }
  }

  hide(line: string): string {
    if (this.#values.size === 0) {
      return line;
    }
    this.#pattern ??= new RegExp([...this.#values].sort(longerFirst).map(patternOf).join("|"), "gi");
    return line.replaceAll(this.#pattern, "[secret]");
  }

  /** A log that hides these values. */
  hiding(log: Log): Log {
    return {
      info: (line) => log.info(this.hide(line)),
      status: (line) => log.status(this.hide(line)),
      warn: (line) => log.warn(this.hide(line)),
    };
  }
}

/** The values of all resources of this process: one resource's error may contain another's value. */
export const hiddenValues = new HiddenValues();

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  if (typeof value === "number") {
    return [String(value)];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function longerFirst(a: string, b: string): number {
  return b.length - a.length;
}

/** A shorter value is only hidden as a whole word: a secret `x` must not hide the x in every other word. */
const shortest = 4;

/** Lengths to which names that contain a longer value may be cut. */
const cuts = [100, 60] as const;

/**
 * What may stand between two words of a value in derived text. It shares no character with the words, so the search never
 * backtracks.
 */
const between = "[^A-Z0-9]+";

function patternOf(value: string): string {
  const encoded = encodeURIComponent(value.replace(/\p{Surrogate}/gu, "\ufffd"));
  const forms = [value, encoded, JSON.stringify(value).slice(1, -1)].map(escaped);
  const whole = [value, ...cuts.filter((length) => value.length > length).map((length) => value.slice(0, length))];
  for (const text of whole) {
    const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
    if (words.length > 0) {
      forms.push(words.join(between));
    }
  }
  const any = `(?:${forms.join("|")})`;
  const isShort = value.replaceAll(/[^A-Za-z0-9]/g, "").length < shortest;
  return isShort ? `(?<![A-Z0-9])${any}(?![A-Z0-9])` : any;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
