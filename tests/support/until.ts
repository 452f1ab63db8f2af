import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";

/** Waits for a condition. On failure, the error names the condition. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `within ${withinMs / 1000} s: ${what}`);
    await delay(200);
  }
}
