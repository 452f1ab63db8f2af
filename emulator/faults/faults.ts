import { randomUUID } from "node:crypto";
import type { Fault, FaultOrder, StandingOrder } from "./order";

/** The injected faults. They live in memory only; restarting the emulator clears them. */
export class Faults {
  readonly #orders: { readonly id: string; readonly order: FaultOrder; passed: number; happened: number }[] = [];

  /** Injects a fault. If several match a request, the oldest with occurrences left applies. */
  order(order: FaultOrder): StandingOrder {
    const standing = { id: randomUUID(), order, passed: 0, happened: 0 };
    this.#orders.push(standing);
    return { ...order, id: standing.id, happened: 0 };
  }

  /** All injected faults since the last clear, used-up ones included, oldest first. */
  list(): StandingOrder[] {
    return this.#orders.map(({ id, order, happened }) => ({ ...order, id, happened }));
  }

  /** Clears all faults. */
  clear(): void {
    this.#orders.length = 0;
  }

  /** Returns the fault that is due for this request, and counts the request for faults that are not due yet. */
  take(method: string, path: string): Fault | undefined {
    const due = this.#orders.filter(({ order, happened }) => happened < order.times && matches(order, method, path));
    for (const standing of due) {
      if (standing.passed >= standing.order.after) {
        standing.happened += 1;
        return standing.order.fault;
      }
      standing.passed += 1;
    }
    return undefined;
  }
}

function matches(order: FaultOrder, method: string, path: string): boolean {
  return (order.method === undefined || order.method === method) && isLike(path, order.path);
}

/**
 * Matches a text against a pattern whose `*` stands for any text. Takes linear time: each piece matches at its first
 * occurrence.
 */
function isLike(text: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) {
    return text === pattern;
  }
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) {
      return false;
    }
    at = found + piece.length;
  }
  return text.startsWith(first) && text.endsWith(last) && text.length - last.length >= at;
}
