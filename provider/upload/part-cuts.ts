import type { PlannedPart } from "../archive/head-start";
import type { BufferPool } from "../bytes/buffer-pool";
import type { Meter } from "./meter";
import type { SentAhead } from "./sent-ahead";

/** Part numbers, which set the order in which S3 assembles the parts. */
export class PartNumbers {
  /** The number of the last part so far; 0 when there is none. */
  last = 0;
  readonly #planned: ReadonlySet<number>;
  readonly #lastPlanned: number;

  /** `planned` numbers are never given to another part: what was sent under one of them may still be on its way. */
  constructor(planned: readonly number[] = []) {
    this.#planned = new Set(planned);
    this.#lastPlanned = Math.max(0, ...planned);
  }

  /** Whether a planned number can still follow the next part. */
  get plannedCanCome(): boolean {
    return this.next() < this.#lastPlanned;
  }

  /** The number that the next part would get. */
  next(): number {
    let number = this.last + 1;
    while (this.#planned.has(number)) number++;
    return number;
  }

  take(): number {
    this.last = this.next();
    return this.last;
  }

  /** The next part has this number. */
  skipTo(number: number): void {
    this.last = number;
  }
}

export interface UploadPart {
  readonly bytes: Buffer;
  readonly last: boolean;
  /** A part with the same bytes whose sending ahead has started. */
  readonly planned?: PlannedPart;
}

export interface Cut {
  readonly partSize: number;
  /** Smallest number of bytes of any part except the last. */
  readonly smallest: number;
  readonly ahead: SentAhead | undefined;
  readonly numbers: PartNumbers;
}

/**
 * Cuts the bytes of a meter into parts of equal size, except the last; at least one part. `slabs` provide the memory and
 * have the size of a part. Where a part begins that was sent ahead, the bytes before it become a part of their own. So that
 * this part is never too small, the smallest part's size is held back from each part while a part sent ahead can still
 * follow.
 */
export async function* partsOf(
  meter: Meter,
  slabs: BufferPool,
  { partSize, smallest, ahead, numbers }: Cut,
): AsyncGenerator<UploadPart> {
  let part = slabs.take(slabs.size);
  let filled = 0;
  /** The planned part that begins at the start of `part`, and how many of its chunks have been read. */
  let planned: PlannedPart | undefined;
  let chunks = 0;
  for await (const chunk of meter.chunks()) {
    const key = ahead?.keyOf(chunk);
    if (planned?.keys[chunks] !== key) planned = undefined;
    if (planned === undefined && key !== undefined && (filled === 0 || filled >= smallest)) {
      // The bytes before it need a number too.
      planned = ahead?.arrivedAt(key, filled > 0 ? numbers.next() : numbers.last);
      chunks = 0;
      if (planned !== undefined && filled > 0) {
        yield { bytes: part.subarray(0, filled), last: false };
        part = slabs.take(slabs.size);
        filled = 0;
      }
    }
    for (let at = 0; at < chunk.length; ) {
      // Only now is it certain that this is not the last part.
      if (filled === part.length) {
        const next = slabs.take(slabs.size);
        const size = numbers.plannedCanCome ? partSize - smallest : partSize;
        filled = part.copy(next, 0, size);
        yield { bytes: part.subarray(0, size), last: false };
        part = next;
      }
      const copied = chunk.copy(part, filled, at);
      at += copied;
      filled += copied;
    }
    if (planned === undefined || ++chunks < planned.keys.length) continue;
    yield { bytes: part.subarray(0, filled), last: false, planned };
    planned = undefined;
    part = slabs.take(slabs.size);
    filled = 0;
  }
  yield { bytes: part.subarray(0, filled), last: true };
}
