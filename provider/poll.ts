import { Cancelled } from "./cancelled";
import type { Clock } from "./handler";

/** The wait timed out. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

export interface Poll<T> {
  readonly clock: Clock;
  /** Takes one look. */
  readonly look: () => Promise<T>;
  /** Whether the wait can end. Throw to end it with an error. */
  readonly done: (seen: T, elapsedMs: number) => boolean | Promise<boolean>;
  /** Milliseconds until the wait ends. */
  readonly timeoutMs: number;
  /** What is waited for, for example `for an upload`. */
  readonly what: string;
  /** The message when time is up: what was waited for. */
  readonly timedOut: (seen: T, elapsedMs: number) => string;
  readonly signal?: AbortSignal | undefined;
  readonly random?: () => number;
}

const firstMs = 500;
const longestMs = 10_000;

/** Looks repeatedly until done: every half second at first, then less often, up to ten seconds apart. */
export async function poll<T>(options: Poll<T>): Promise<T> {
  const { clock, random = Math.random } = options;
  const start = clock.now();
  for (let pause = firstMs; ; pause = Math.min(longestMs, pause * 1.5)) {
    const seen = await options.look();
    const elapsed = clock.now() - start;
    if (await options.done(seen, elapsed)) {
      return seen;
    }
    if (elapsed >= options.timeoutMs) {
      throw new TimeoutError(options.timedOut(seen, elapsed));
    }
    const jittered = pause * (0.8 + 0.4 * random());
    await clock.sleep(Math.min(jittered, options.timeoutMs - elapsed), options.signal).catch((error: unknown) => {
      throw options.signal?.aborted === true
        ? new Cancelled(options.signal.reason, `in the wait ${options.what}`)
        : error;
    });
  }
}
