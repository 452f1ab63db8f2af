import type { Clock } from "../../provider/handler";
import { decide, type Wanted } from "./decide";
import { markerIn } from "./marker";
import { CommentError, NotNow, TooLong } from "./problem";
import type { Posted, Thread } from "./thread";

/** What became of the comment. */
export interface Outcome {
  readonly kind: "created" | "updated" | "current" | "newer" | "quiet";
  readonly comment: Posted | undefined;
}

export interface Patience {
  readonly clock: Clock;
  /** Milliseconds between a write and the look whether another run wrote too. */
  readonly settleMs: number;
  /** Milliseconds of a second, which is the wait after the first failure that may pass; it doubles each time. */
  readonly secondMs: number;
}

/** How often to look, at most. Each round makes one write; of two runs at once, the slower one needs three rounds. */
const mostRounds = 10;
/** How many failures that may pass are borne. */
const mostFailures = 4;
/** The longest time that a server may ask for, in milliseconds. */
export const longestWaitMs = 120_000;

/**
 * Makes the stack's comment say what this run wants, and leaves exactly one. Looks at the comments, makes one write, and
 * looks again until there is nothing to do, because neither GitHub nor GitLab has a write that depends on the state: of two
 * runs at once, each finds what the other one did. After a failed write it looks again, too, instead of repeating the
 * write, which may have been done.
 */
export async function keepOne(thread: Thread, wanted: Wanted, patience: Patience): Promise<Outcome> {
  const { clock, settleMs } = patience;
  let wrote: { readonly kind: "created" | "updated"; readonly comment: Posted } | undefined;
  let form = 0;
  let failures = 0;
  for (let round = 1; round <= mostRounds; round++) {
    try {
      const step = decide(await look(thread, wanted, wrote?.comment), wanted, wrote !== undefined);
      if (step.kind === "done") {
        for (const { id } of step.remove) {
          await thread.remove(id);
        }
        return { kind: step.why === "current" && wrote !== undefined ? wrote.kind : step.why, comment: step.comment };
      }
      const body = wanted.bodies[form] ?? "";
      if (step.kind === "create") {
        wrote = { kind: "created", comment: await thread.create(body) };
      } else {
        const comment = await thread.update(step.comment.id, body);
        if (comment === undefined) {
          continue;
        }
        wrote = { kind: wrote?.kind ?? "updated", comment };
      }
      await clock.sleep(settleMs);
    } catch (error) {
      if (error instanceof TooLong && form + 1 < wanted.bodies.length) {
        form++;
      } else {
        await clock.sleep(waitAfter(error, ++failures, patience));
      }
    }
  }
  throw new CommentError(
    "Other runs keep changing this comment at the same time. Run this job again when they are over.",
  );
}

/** Removes a comment. To remove one twice does no harm, so a try that failed is repeated. */
export async function removeOne(thread: Thread, id: number, patience: Patience): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      return await thread.remove(id);
    } catch (error) {
      await patience.clock.sleep(waitAfter(error, failures, patience));
    }
  }
}

/**
 * This stack's comments with their texts of this moment: the list may be a little behind. That goes for the comment that
 * this run wrote, too, which is therefore looked for by its id.
 */
async function look(thread: Thread, { marker }: Wanted, written: Posted | undefined): Promise<Posted[]> {
  const listed = await thread.find((body) => markerIn(body)?.stack === marker.stack);
  const known = written === undefined || listed.some(({ id }) => id === written.id) ? listed : [...listed, written];
  const now = await Promise.all(
    known.map(async (comment) => {
      const body = await thread.read(comment.id);
      return body === undefined ? [] : [{ ...comment, body }];
    }),
  );
  return now.flat();
}

/** How many milliseconds to wait before the next round. Throws when there is no point in one. */
function waitAfter(error: unknown, failures: number, { secondMs }: Patience): number {
  if (error instanceof NotNow) {
    const asked = error.waitMs ?? 0;
    if (failures <= mostFailures && asked <= longestWaitMs) {
      return Math.max(asked, secondMs * 2 ** (failures - 1));
    }
  }
  if (error instanceof NotNow || error instanceof TooLong) {
    throw new CommentError(error.message, { cause: error });
  }
  throw error;
}
