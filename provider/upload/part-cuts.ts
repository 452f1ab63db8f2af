import type { PlannedPart } from "../archive/head-start";
import type { BufferPool } from "../bytes/buffer-pool";
import type { Meter } from "./meter";
import type { SentAhead } from "./sent-ahead";

/** Numbers for parts, which say in what order S3 puts them together. */
export class PartNumbers {
  /** That of the part that comes last so far; 0: there is none. */
  last = 0;
  readonly #planned: ReadonlySet<number>;
  readonly #lastPlanned: number;

  /** `planned` are never given to another part: what was sent under one of them may still be on its way. */
  constructor(planned: readonly number[] = []) {
    this.#planned = new Set(planned);
    this.#lastPlanned = Math.max(0, ...planned);
  }

  /** Whether one that was planned can still come after the next part. */
  get plannedCanCome(): boolean {
    return this.next() < this.#lastPlanned;
  }

  /** What the next part would get. */
  next(): number {
    let number = this.last + 1;
    while (this.#planned.has(number)) number++;
    return number;
  }

  take(): number {
    this.last = this.next();
    return this.last;
  }

  /** A part with this number comes next. */
  skipTo(number: number): void {
    this.last = number;
  }
}

export interface UploadPart {
  readonly bytes: Buffer;
  readonly last: boolean;
  /** What was begun to be sent ahead and holds the same bytes. */
  readonly planned?: PlannedPart;
}

export interface Cut {
  readonly partSize: number;
  /** Bytes of any part at least, but of the last one. */
  readonly smallest: number;
  readonly ahead: SentAhead | undefined;
  readonly numbers: PartNumbers;
}

/**
 * What a meter reads, in parts of one size but for the last; at least one. `slabs`, as large as a part, give the memory. Where a part
 * begins that was sent ahead, what is there until then becomes a part of its own. So that this is never too small, as much as
 * the smallest part has is kept back of each part as long as one that was sent ahead can come.
 */
export async function* partsOf(
  meter: Meter,
  slabs: BufferPool,
  { partSize, smallest, ahead, numbers }: Cut,
): AsyncGenerator<UploadPart> {
  let part = slabs.take(slabs.size);
  let filled = 0;
  /** The part that begins where `part` does, and how many chunks of it were there so far. */
  let planned: PlannedPart | undefined;
  let chunks = 0;
  for await (const chunk of meter.chunks()) {
    const key = ahead?.keyOf(chunk);
    if (planned?.keys[chunks] !== key) planned = undefined;
    if (planned === undefined && key !== undefined && (filled === 0 || filled >= smallest)) {
      // What stands before it takes a number, too.
      planned = ahead?.arrivedAt(key, filled > 0 ? numbers.next() : numbers.last);
      chunks = 0;
      if (planned !== undefined && filled > 0) {
        yield { bytes: part.subarray(0, filled), last: false };
        part = slabs.take(slabs.size);
        filled = 0;
      }
    }
    for (let at = 0; at < chunk.length; ) {
      // Only now is it known that this part is not the last one.
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
