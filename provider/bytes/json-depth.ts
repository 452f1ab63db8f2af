/** JSON from outside may be nested without end, and what walks through it with a recursive function runs out of stack. */

/** Levels. ICA's answers have fewer than 10, and its OpenAPI document fewer than 30. */
export const deepestJson = 100;

/** Whether a value has more levels than {@link deepestJson}. Takes no stack, and a part of a level once, however often it is held. */
export function isTooDeep(value: unknown): boolean {
  let level: ReadonlySet<unknown> = new Set([value]);
  for (let depth = 0; depth <= deepestJson; depth++) {
    const next = new Set<unknown>();
    for (const each of level) {
      if (typeof each !== "object" || each === null) continue;
      for (const inner of Object.values(each)) if (typeof inner === "object") next.add(inner);
    }
    if (next.size === 0) return false;
    level = next;
  }
  return true;
}
