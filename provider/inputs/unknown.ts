/** Values that a preview does not know yet, since they come from resources that do not exist yet. */

/** What the engine sends in place of an unknown value (pulumi.runtime.unknownValue). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: unknown): boolean {
  return value === unknownValue;
}

/** Whether a value is unknown or contains an unknown value. */
export function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** Paths (`build.context`, `regions.0`) of the unknown values. */
export function unknownPaths(value: unknown, at: readonly string[] = []): string[] {
  if (isUnknown(value)) return [at.join(".")];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => unknownPaths(inner, [...at, key]));
}

/** Whether `path` is one of `unknowns`, or lies inside or around one, so that nothing certain can be said about it. */
export function touchesUnknown(path: string, unknowns: readonly string[]): boolean {
  return unknowns.some(
    (unknown) => path === unknown || path.startsWith(`${unknown}.`) || unknown.startsWith(`${path}.`),
  );
}
