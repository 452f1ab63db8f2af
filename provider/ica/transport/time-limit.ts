import { formatDuration } from "../../inputs/duration";

/** The time that one try of a call may take. */

/** A try that took too long. */
export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/**
 * Ends a try in which nothing comes for `idleMs`, or which is not over after twice as long: an answer that comes byte by byte would
 * never end. Ends it also with the caller's signal.
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
    if (caller?.aborted === true) this.#byCaller();
    caller?.addEventListener("abort", this.#byCaller, { once: true });
  }

  /** Aborted when the try has to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Why the try was ended, if it took too long. */
  get exceeded(): TooSlow | undefined {
    return this.#exceeded;
  }

  /** To be called when something has come. */
  readonly came = (): void => {
    this.#idle.refresh();
  };

  /** To be called when the try is over. */
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
