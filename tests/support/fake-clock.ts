import type { Clock } from "../../provider/handler";

/** A clock without waiting: a sleep takes no time, but advances the clock and is recorded. */
export class FakeClock implements Clock {
  /** Milliseconds of every sleep, in order. */
  readonly sleeps: number[] = [];
  #now: number;

  constructor(now = Date.parse("2025-01-01T00:00:00Z")) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.#now += ms;
  }

  /** Advances the time without a sleep. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
