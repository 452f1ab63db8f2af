/** JSON from outside may be nested without end, and whatever walks through it would run out of stack. */

/** Levels. ICA's answers have fewer than 10, and its OpenAPI document fewer than 30. */
export const deepestJson = 100;

/** Whether a value has more levels than {@link deepestJson}. Takes no stack of its own. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= deepestJson; depth++) {
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}
