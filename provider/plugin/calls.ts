/** The calls of the engine that still run, so that the process can end once none does. */
export class CallsInFlight {
  readonly #running = new Set<Promise<unknown>>();

  /** Runs a call, and remembers it while it runs. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when no call runs. */
  async none(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.allSettled(this.#running);
    }
  }
}
