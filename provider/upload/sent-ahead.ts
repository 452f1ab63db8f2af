import type { HeadStart, PlannedPart } from "../archive/head-start";
import type { BufferPool } from "../bytes/buffer-pool";

/** A part that S3 has. */
export interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string;
}

/** Parts being sent, a few at a time. */
export class UnderWay {
  readonly #most: number;
  readonly #sending = new Set<Promise<unknown>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a part; `sending` must not reject. */
  add(sending: Promise<unknown>): void {
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  /** Waits until another part can be sent. */
  async room(): Promise<void> {
    while (this.#sending.size >= this.#most) await Promise.race(this.#sending);
  }

  async all(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }
}

/** Sends the planned parts, in order, until the archive itself reaches their position. */
export class SentAhead {
  readonly #plan: HeadStart;
  readonly #send: (number: number, bytes: Buffer) => Promise<SentPart>;
  readonly #begun = new Map<PlannedPart, Promise<SentPart | undefined>>();
  /** The parts that the archive has not reached, by their first key. */
  readonly #ahead = new Map<string, PlannedPart[]>();
  #over = false;

  constructor(plan: HeadStart, send: (number: number, bytes: Buffer) => Promise<SentPart>) {
    this.#plan = plan;
    this.#send = send;
    for (const part of plan.parts) {
      const [first = ""] = part.keys;
      this.#ahead.set(first, [...(this.#ahead.get(first) ?? []), part]);
    }
  }

  /** Never rejects: a part that cannot be sent ahead is sent in its turn. */
  async run(underWay: UnderWay, slabs: BufferPool): Promise<void> {
    for (const part of this.#plan.parts) {
      await underWay.room();
      if (this.#over) return;
      if (!this.#isAhead(part)) continue;
      const sending = this.#sendOne(part, slabs).catch(() => undefined);
      this.#begun.set(part, sending);
      underWay.add(sending);
    }
  }

  /** Starts no more parts. */
  stop(): void {
    this.#over = true;
  }

  keyOf(blocks: Buffer): string | undefined {
    return this.#plan.keyOf(blocks);
  }

  /**
   * The archive has reached this chunk. Returns the part that begins with it, if its sending has started and its number is
   * larger than `after`.
   */
  arrivedAt(key: string, after: number): PlannedPart | undefined {
    const part = this.#ahead.get(key)?.shift();
    return part !== undefined && part.number > after && this.#begun.has(part) ? part : undefined;
  }

  /** Undefined if the part could not be sent. */
  async sent(part: PlannedPart): Promise<SentPart | undefined> {
    return this.#begun.get(part);
  }

  #isAhead(part: PlannedPart): boolean {
    return this.#ahead.get(part.keys[0] ?? "")?.includes(part) === true;
  }

  async #sendOne(part: PlannedPart, slabs: BufferPool): Promise<SentPart | undefined> {
    const slab = slabs.take(slabs.size);
    try {
      const bytes = slab.subarray(0, part.bytes);
      return (await this.#plan.read(part, bytes)) ? await this.#send(part.number, bytes) : undefined;
    } finally {
      slabs.give(slab);
    }
  }
}
