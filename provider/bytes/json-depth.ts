/** JSON from outside may be nested to any depth, and a recursive function over it would overflow the stack. */

/** Largest number of levels. ICA's responses have fewer than 10, and its OpenAPI document fewer than 30. */
export const deepestJson = 100;

/** Whether a value has more levels than {@link deepestJson}. Uses no stack, and visits a shared part once for each level. */
export function isTooDeep(value: unknown): boolean {
  let level: ReadonlySet<unknown> = new Set([value]);
  for (let depth = 0; depth <= deepestJson; depth++) {
    const next = new Set<unknown>();
    for (const each of level) {
      if (typeof each !== "object" || each === null) {
        continue;
      }
      for (const inner of Object.values(each)) {
        if (typeof inner === "object") {
          next.add(inner);
        }
      }
    }
    if (next.size === 0) {
      return false;
    }
    level = next;
  }
  return true;
}
