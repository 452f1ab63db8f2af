import { setImmediate } from "node:timers/promises";
import type { Posted, Thread } from "../../../../cli/comment/thread";
import type { Clock } from "../../../../provider/handler";

/** Time that passes only when everything waits: runs at once, without real waiting, in an order that is always the same. */
export class VirtualTime implements Clock {
  #now = 0;
  readonly #waiting: { readonly at: number; readonly go: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((go) => this.#waiting.push({ at: this.#now + ms, go }));
  }

  /** Lets time pass until all work is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const mark = () => {
      isDone = true;
    };
    work.then(mark, mark);
    for (;;) {
      await setImmediate();
      if (isDone) return work;
      const next = this.#waiting.reduce((a, b) => (b.at < a.at ? b : a));
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#now = next.at;
      next.go();
    }
  }
}

/** The comments that all runs share. */
export class Board {
  readonly posted: Posted[] = [];
  #lastId = 0;

  add(body: string): Posted {
    const made = { id: ++this.#lastId, body, url: `#${this.#lastId}`, hidden: false };
    this.posted.push(made);
    return made;
  }
}

/** One run's view of the board: each call takes some time before it acts, and some before its answer arrives. */
export function slowThread(board: Board, time: VirtualTime, latency: () => number): Thread {
  const call = async <T>(act: () => T): Promise<T> => {
    await time.sleep(latency());
    const answer = act();
    await time.sleep(latency());
    return answer;
  };
  const { posted } = board;
  const at = (id: number) => posted.findIndex((each) => each.id === id);
  return {
    find: (isWanted) => call(() => posted.filter(({ body }) => isWanted(body))),
    read: (id) => call(() => posted[at(id)]?.body),
    create: (body) => call(() => board.add(body)),
    update: (id, body) =>
      call(() => {
        const old = posted[at(id)];
        if (old === undefined) return undefined;
        const changed = { ...old, body };
        posted.splice(at(id), 1, changed);
        return changed;
      }),
    remove: (id) =>
      call(() => {
        if (at(id) >= 0) posted.splice(at(id), 1);
      }),
  };
}
