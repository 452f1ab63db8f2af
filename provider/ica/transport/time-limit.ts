import { formatDuration } from "../../inputs/duration";

/** The time limit for one try of a call. */

/** The try took too long. */
export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/**
 * Ends a try that receives nothing for `idleMs`, or that takes longer than twice that: a response that arrives byte by byte
 * would never end. The caller's signal also ends it.
 */
export class TimeLimit {
  readonly #abort = new AbortController();
  readonly #whole: NodeJS.Timeout;
  readonly #idle: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;
  #exceeded: TooSlow | undefined;

  constructor(idleMs: number, caller?: AbortSignal) {
    this.#idle = setTimeout(() => this.#end(`nothing came for ${shown(idleMs)}`), idleMs);
    this.#whole = setTimeout(() => this.#end(`the answer was not over after ${shown(2 * idleMs)}`), 2 * idleMs);
    this.#caller = caller;
    if (caller?.aborted === true) {
      this.#byCaller();
    }
    caller?.addEventListener("abort", this.#byCaller, { once: true });
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
    this.#caller?.removeEventListener("abort", this.#byCaller);
  }

  readonly #byCaller = (): void => {
    this.#abort.abort();
  };

  #end(why: string): void {
    this.#exceeded ??= new TooSlow(why);
    this.#abort.abort();
  }
}

function shown(ms: number): string {
  return ms < 1000 ? `${ms} ms` : formatDuration(ms);
}
