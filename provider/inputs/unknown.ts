/**
 * Values that a preview does not know yet, since they come from resources that do not exist yet. Only `check` and `diff` meet
 * them, and their types say so: {@link Maybe}.
 */

/** What the engine sends in place of an unknown value (pulumi.runtime.unknownValue). Only the border to the engine sees it. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value that is not known yet. */
export const unknownValue: unique symbol = Symbol("not known yet");

type Unknown = typeof unknownValue;

/** A value that is not known yet, or that contains such values. */
export type Maybe<T> =
  | Unknown
  | (T extends readonly (infer Item)[] ? Maybe<Item>[] : T extends object ? MaybeWithin<T> : T);

/** An object that is there, with fields that may be unknown. */
export type MaybeWithin<T> = { readonly [Key in keyof T]: Maybe<T[Key]> };

/** The same type without unknown values. */
export type Known<M> = M extends Unknown ? never : M extends object ? { [Key in keyof M]: Known<M[Key]> } : M;

/** Whether a value is known, with all that it contains. */
export function isKnown<M>(value: M): value is M & Known<M> {
  return !hasUnknown(value);
}

function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) {
    return true;
  }
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** A value as the engine sends it, with its texts for unknown values replaced. */
export function fromEngine(value: unknown): unknown {
  return replaced(value, unknownText, unknownValue);
}

/** A value as the engine expects it. */
export function toEngine(value: unknown): unknown {
  return replaced(value, unknownValue, unknownText);
}

function replaced(value: unknown, from: unknown, to: unknown): unknown {
  if (value === from) {
    return to;
  }
  if (Array.isArray(value)) {
    return value.map((inner) => replaced(inner, from, to));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, from, to)]));
}

/** Paths (`build.context`, `regions.0`) of the unknown values. */
export function unknownPaths(value: unknown, at: readonly string[] = []): string[] {
  if (value === unknownValue) {
    return [at.join(".")];
  }
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => unknownPaths(inner, [...at, key]));
}

/** Whether `path` is one of `unknowns`, or lies inside or around one, so that nothing certain can be said about it. */
export function touchesUnknown(path: string, unknowns: readonly string[]): boolean {
  return unknowns.some(
    (unknown) => path === unknown || path.startsWith(`${unknown}.`) || unknown.startsWith(`${path}.`),
  );
}
