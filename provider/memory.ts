import type { Context } from "./context";
import type { IcaClient } from "./ica/client";

/** Something that a run remembers from one call of the engine to the next: each run has a client of its own. */
export function remembered<T>(make: () => T): (context: Pick<Context, "client">) => T {
  const known = new WeakMap<IcaClient, { readonly value: T }>();
  return ({ client }) => {
    const one = known.get(client) ?? { value: make() };
    known.set(client, one);
    return one.value;
  };
}
