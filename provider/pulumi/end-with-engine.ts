import type { ResourceHandler } from "../handler";
import { engineAddress } from "./engine-log";
import { watchEngine } from "./engine-watch";

/** Milliseconds that work has to end by itself once the engine is gone. */
const lastWordsMs = 8000;

const gone = new AbortController();

/** Aborted when the engine is gone: what is under way ends cleanly, an upload without orphan parts. */
export const engineGone: AbortSignal = gone.signal;

/** Calls of the engine that are not answered yet. */
const calls = new Set<Promise<unknown>>();

/**
 * Ends this process with its engine, and what it has started with it. Called as soon as the engine's first call loads this package.
 * Outside of Pulumi's dynamic host there is no engine, and nothing happens.
 */
export function endWithEngine(): void {
  const address = engineAddress();
  if (address === undefined) return;
  watchEngine(address, () => {
    gone.abort(new Error("the Pulumi engine is gone"));
    setTimeout(end, lastWordsMs);
    void Promise.allSettled(calls).then(end);
  });
}

/** Programs that still run are ended by `process.ts` when this process exits. */
function end(): void {
  process.exit(1);
}

/** The same handler, whose calls are known to be under way: the process stays for them when the engine is gone. */
export function underWay<Inputs, State, Context>(
  handler: ResourceHandler<Inputs, State, Context>,
): ResourceHandler<Inputs, State, Context> {
  return {
    check: (...args) => during(handler.check(...args)),
    diff: (...args) => during(handler.diff(...args)),
    create: (...args) => during(handler.create(...args)),
    read: (...args) => during(handler.read(...args)),
    update: (...args) => during(handler.update(...args)),
    delete: (...args) => during(handler.delete(...args)),
  };
}

function during<T>(call: Promise<T>): Promise<T> {
  calls.add(call);
  const over = () => calls.delete(call);
  call.then(over, over);
  return call;
}
