import type { ResourceHandler } from "../handler";
import { engineAddress } from "./engine-log";
import { watchEngine } from "./engine-watch";

/** Milliseconds that running work has to finish once the engine is gone. */
const lastWordsMs = 8000;

const gone = new AbortController();

/** Aborted when the engine is gone, so that running work ends cleanly, for example an upload without orphaned parts. */
export const engineGone: AbortSignal = gone.signal;

/** The engine's calls that are still running. */
const calls = new Set<Promise<unknown>>();

/**
 * Ends this process when its engine ends, along with the programs it started. The engine's first call loads this package and
 * calls this. Outside Pulumi's dynamic host there is no engine, and this does nothing.
 */
export function endWithEngine(): void {
  const address = engineAddress();
  if (address === undefined) {
    return;
  }
  watchEngine(address, () => {
    gone.abort(new Error("the Pulumi engine is gone"));
    setTimeout(end, lastWordsMs);
    void Promise.allSettled(calls).then(end);
  });
}

/** On exit, `provider/bytes/process.ts` ends the programs that still run. */
function end(): void {
  process.exit(1);
}

/** Wraps a handler and tracks its calls, so that the process waits for them when the engine is gone. */
export function underWay<Inputs, State, Context, Described>(
  handler: ResourceHandler<Inputs, State, Context, Described>,
): ResourceHandler<Inputs, State, Context, Described> {
  return {
    ...handler,
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
