import { formatDuration } from "../../inputs/duration";

/** The time limit for one try of a call. */

/** The try took too long. */
export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/**
 * Ends a try that receives nothing for `idleMs`, or that takes longer than twice that: a response that arrives byte by byte
 * would never end. The end of the run also ends it, after a grace period.
 */
export class TimeLimit {
  readonly #abort = new AbortController();
  readonly #whole: NodeJS.Timeout;
  readonly #idle: NodeJS.Timeout;
  readonly #cancel: AbortSignal | undefined;
  readonly #graceMs: number;
  #grace: NodeJS.Timeout | undefined;
  #exceeded: TooSlow | undefined;

  /** @param graceMs milliseconds that the response may still take when `cancel` is aborted */
  constructor(idleMs: number, cancel?: AbortSignal, graceMs = 0) {
    this.#idle = setTimeout(() => this.#end(`nothing came for ${shown(idleMs)}`), idleMs);
    this.#whole = setTimeout(() => this.#end(`the answer was not over after ${shown(2 * idleMs)}`), 2 * idleMs);
    this.#cancel = cancel;
    this.#graceMs = graceMs;
    cancel?.addEventListener("abort", this.#cancelled, { once: true });
  }

  /** Aborted when the try has to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Why the try ended, if it took too long. */
  get exceeded(): TooSlow | undefined {
    return this.#exceeded;
  }

  /** Call this when data has arrived. */
  readonly came = (): void => {
    this.#idle.refresh();
  };

  /** Call this when the try has ended. */
  over(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#whole);
    clearTimeout(this.#grace);
    this.#cancel?.removeEventListener("abort", this.#cancelled);
  }

  readonly #cancelled = (): void => {
    this.#grace = setTimeout(() => this.#abort.abort(), this.#graceMs);
  };

  #end(why: string): void {
    this.#exceeded ??= new TooSlow(why);
    this.#abort.abort();
  }
}

function shown(ms: number): string {
  return ms < 1000 ? `${ms} ms` : formatDuration(ms);
}
