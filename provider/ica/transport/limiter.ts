import type { Clock } from "../../handler";

interface Waiting {
  readonly order: number;
  readonly admit: () => void;
}

/** Largest number of calls in flight right after ICA refused one; before that it may have been hundreds. */
const mostAfterRefusal = 4;

/**
 * Limits all calls of a client together when ICA limits their rate. Without a 429 from ICA, nothing waits. After a 429 every
 * call waits as long as Retry-After says. Then half as many calls as before, and only a few, may be in flight, plus one with
 * each successful round (additive increase, multiplicative decrease, as in TCP). The oldest call goes first, so that none
 * starves.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #queue: Waiting[] = [];
  #inFlight = 0;
  #atATime = Number.POSITIVE_INFINITY;
  #pausedUntil = 0;
  #pausing = false;
  #orders = 0;
  #answered = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A number for a new call; a smaller number is older. */
  order(): number {
    return ++this.#orders;
  }

  /** How many calls have received a response other than 429. */
  get answered(): number {
    return this.#answered;
  }

  /** Resolves when the call may be sent. Each turn ends with {@link done} or {@link refused}. */
  async turn(order: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        order,
        admit: () => {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      const behind = this.#queue.findIndex((other) => other.order > order);
      this.#queue.splice(behind === -1 ? this.#queue.length : behind, 0, waiting);
      this.#admit();
    });
  }

  /** The call has ended. `answered` is false when there was no response, which says nothing about the rate. */
  done(answered: boolean): void {
    if (answered) {
      this.#answered++;
      this.#atATime += 1 / this.#atATime;
    }
    this.#leave();
  }

  /** ICA refused the call because of the rate: send nothing for this many milliseconds. */
  refused(pauseMs: number): void {
    // Calls that were in flight together are refused together, so they count as one refusal.
    if (!this.#pausing) {
      this.#atATime = Math.max(1, Math.min(mostAfterRefusal, Math.floor(this.#inFlight / 2)));
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + pauseMs);
    if (!this.#pausing) {
      void this.#waitOut();
    }
    this.#leave();
  }

  #leave(): void {
    this.#inFlight--;
    this.#admit();
  }

  async #waitOut(): Promise<void> {
    this.#pausing = true;
    for (let left = this.#left(); left > 0; left = this.#left()) {
      await this.#clock.sleep(left);
    }
    this.#pausing = false;
    this.#admit();
  }

  #left(): number {
    return this.#pausedUntil - this.#clock.now();
  }

  #admit(): void {
    while (!this.#pausing && this.#queue.length > 0 && this.#inFlight < Math.floor(this.#atATime)) {
      this.#inFlight++;
      this.#queue.shift()?.admit();
    }
  }
}
