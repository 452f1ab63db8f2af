import type { Context } from "./context";
import type { IcaClient } from "./ica/client";

/** A value that a run keeps from one engine call to the next. It belongs to the client, since each run has its own. */
export function remembered<T>(make: () => T): (context: Pick<Context, "client">) => T {
  const known = new WeakMap<IcaClient, { readonly value: T }>();
  return ({ client }) => {
    const one = known.get(client) ?? { value: make() };
    known.set(client, one);
    return one.value;
  };
}
