import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallHappening, Happening, LineHappening } from "./happening";

/** How many events the journal keeps for later readers. */
const remembered = 200;
/** A path can be as long as all headers of a request, which is too long to show. */
const longestPath = 300;

/** Recent events for people who watch the emulator. In memory only; holds no secret. */
export class Journal {
  readonly #happenings: Happening[] = [];
  readonly #followers = new Set<(happening: Happening) => void>();
  #count = 0;

  /** The latest events, oldest first. */
  recent(): readonly Happening[] {
    return [...this.#happenings];
  }

  /** Passes on new events until the returned function is called. */
  follow(onHappening: (happening: Happening) => void): () => void {
    this.#followers.add(onHappening);
    return () => this.#followers.delete(onHappening);
  }

  /** Records a line of the log. */
  line(text: string): void {
    this.#add({ kind: "line", time: new Date().toISOString(), text });
  }

  /** Records a request once its answer has ended. Call it when the request arrives. */
  watch(req: IncomingMessage, res: ServerResponse): void {
    const start = performance.now();
    const { method = "GET", url = "/" } = req;
    const path = url.replace(/[?#].*$/s, "").slice(0, longestPath);
    res.once("close", () => {
      const whole = res.writableFinished;
      const fault = whole ? faultOf(res) : "The connection ended before the answer did.";
      this.#add({
        kind: "call",
        time: new Date().toISOString(),
        method,
        path,
        ms: Math.round(performance.now() - start),
        ...(whole ? { status: res.statusCode } : {}),
        ...(fault === undefined ? {} : { fault }),
      });
    });
  }

  #add(happened: CallHappening | LineHappening): void {
    this.#count += 1;
    const happening: Happening = { id: this.#count, ...happened };
    this.#happenings.push(happening);
    if (this.#happenings.length > remembered) {
      this.#happenings.shift();
    }
    for (const tell of this.#followers) {
      tell(happening);
    }
  }
}

const reasons = new WeakMap<ServerResponse, string>();

/** Records for {@link Journal} why an answer is a failure, in the words that its caller gets. */
export function explain(res: ServerResponse, reason: string): void {
  reasons.set(res, reason);
}

function faultOf(res: ServerResponse): string | undefined {
  return res.statusCode < 400 ? undefined : (reasons.get(res) ?? res.statusMessage);
}
