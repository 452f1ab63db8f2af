import { createHash } from "node:crypto";
import type { Readable } from "node:stream";

/** Counts and hashes the bytes that pass through, and keeps the source's error. */
export class Meter {
  bytes = 0;
  failure: unknown;
  #reading = false;
  #stopped = false;
  readonly #source: Readable;
  readonly #hash = createHash("sha256");

  constructor(source: Readable) {
    this.#source = source;
    // The source may fail before or after it is read, and an error without a listener ends the whole process.
    source.on("error", (error) => {
      if (!this.#reading) this.failure ??= error;
    });
  }

  async *chunks(): AsyncGenerator<Buffer> {
    this.#reading = true;
    for (const source = this.#source.iterator({ destroyOnReturn: false }); ; ) {
      const next = await this.#read(source);
      if (next === undefined) return;
      this.#hash.update(next);
      this.bytes += next.length;
      yield next;
    }
  }

  /** Ends the reading as if the source had ended, and ends the source. */
  stop(): void {
    this.#stopped = true;
    this.#source.destroy();
  }

  async #read(source: AsyncIterator<unknown>): Promise<Buffer | undefined> {
    try {
      const { done, value } = await source.next();
      if (done === true || this.#stopped) return undefined;
      if (!Buffer.isBuffer(value)) throw new TypeError("the source of an upload must give bytes");
      return value;
    } catch (error) {
      if (this.#stopped) return undefined;
      this.failure = error;
      throw error;
    }
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}
