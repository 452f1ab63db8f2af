import { randomUUID } from "node:crypto";
import type { Fault, FaultOrder, StandingOrder } from "./order";

/** The faults that are ordered. In memory only: an emulator that is started anew has none. */
export class Faults {
  readonly #orders: { readonly id: string; readonly order: FaultOrder; passed: number; happened: number }[] = [];

  /** Orders a fault. Of several that match a request, the oldest that is not used up happens. */
  order(order: FaultOrder): StandingOrder {
    const standing = { id: randomUUID(), order, passed: 0, happened: 0 };
    this.#orders.push(standing);
    return { ...order, id: standing.id, happened: 0 };
  }

  /** All orders since they were last cleared, oldest first; those that are used up, too. */
  list(): StandingOrder[] {
    return this.#orders.map(({ id, order, happened }) => ({ ...order, id, happened }));
  }

  /** Forgets all orders. */
  clear(): void {
    this.#orders.length = 0;
  }

  /** What happens to a request, which counts as one of those that the order is for. */
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

/** Whether a text is like a pattern whose `*` stands for any text. Linear: each piece is taken where it first comes. */
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
