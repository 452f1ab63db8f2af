import { createHash } from "node:crypto";
import type { Reading } from "../bytes/reading";

/** Reads a source, counts and hashes its bytes, and keeps its error. */
export class Meter {
  bytes = 0;
  failure: unknown;
  #stopped = false;
  readonly #source: Pick<Reading, "read" | "stop">;
  readonly #hash = createHash("sha256");

  constructor(source: Pick<Reading, "read" | "stop">) {
    this.#source = source;
  }

  /** As the source's own; 0 once this has been stopped. */
  async read(target: Buffer): Promise<number> {
    try {
      const filled = this.#stopped ? 0 : await this.#source.read(target);
      if (this.#stopped) {
        return 0;
      }
      this.#hash.update(target.subarray(0, filled));
      this.bytes += filled;
      return filled;
    } catch (error) {
      if (this.#stopped) {
        return 0;
      }
      this.failure = error;
      throw error;
    }
  }

  /** Ends the reading as if the source had ended, and ends the source. */
  stop(): void {
    this.#stopped = true;
    this.#source.stop();
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}
