import type { ServerResponse } from "node:http";
import type { Journal } from "../journal";
import type { Snapshot } from "./protocol";

/** How often to look for changes while a page is open. */
const lookMs = 300;
/** Closes the stream of a page that reads so slowly that more than this waits for it. The page reconnects by itself. */
const mostWaitingBytes = 4 * 1024 * 1024;

/**
 * The page's stream of server-sent events: `state` (a whole snapshot, sent when it differs from the last one) and `log`
 * (a list of events). The first `log` holds the remembered events. Costs nothing while no page is open.
 */
export class Live {
  readonly #take: () => Promise<Snapshot>;
  readonly #journal: Journal;
  readonly #log: (line: string) => void;
  /** Each open page with its session. */
  readonly #pages = new Map<ServerResponse, string>();
  #last = "";
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unfollow: (() => void) | undefined;

  constructor(take: () => Promise<Snapshot>, journal: Journal, log: (line: string) => void) {
    this.#take = take;
    this.#journal = journal;
    this.#log = log;
  }

  /** Adds a page and sends it the current state at once. Ends with the connection, or with {@link detach}. */
  attach(res: ServerResponse, session: string): void {
    res.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    send(res, "log", JSON.stringify(this.#journal.recent()));
    if (this.#last !== "") {
      send(res, "state", this.#last);
    }
    this.#pages.set(res, session);
    res.once("close", () => this.#remove(res));
    this.#unfollow ??= this.#journal.follow((happening) => this.#tell("log", JSON.stringify([happening])));
    this.#timer ??= setInterval(() => void this.look(), lookMs);
    void this.look();
  }

  /** Ends the streams of a session. */
  detach(session: string): void {
    for (const [res, owner] of this.#pages) {
      if (owner === session) {
        res.end();
      }
    }
  }

  /** Compares now, and sends changes to all pages. */
  async look(): Promise<void> {
    this.#looking ??= this.#compare()
      .catch((error: unknown) => {
        this.#log(`page: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        // Pages reconnect by themselves, less often than this comparison runs.
        this.close();
      })
      .finally(() => {
        this.#looking = undefined;
      });
    await this.#looking;
  }

  /** Ends all streams. */
  close(): void {
    for (const res of this.#pages.keys()) {
      res.end();
      this.#remove(res);
    }
  }

  async #compare(): Promise<void> {
    const text = JSON.stringify(await this.#take());
    if (text !== this.#last && this.#pages.size > 0) {
      this.#last = text;
      this.#tell("state", text);
    }
  }

  #tell(event: string, json: string): void {
    for (const res of this.#pages.keys()) {
      send(res, event, json);
      if (res.writableLength > mostWaitingBytes) {
        res.destroy();
      }
    }
  }

  #remove(res: ServerResponse): void {
    this.#pages.delete(res);
    if (this.#pages.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#unfollow?.();
      this.#unfollow = undefined;
      this.#last = "";
    }
  }
}

/** JSON has no line breaks of its own, so one `data` line is enough. */
function send(res: ServerResponse, event: string, json: string): void {
  res.write(`event: ${event}\ndata: ${json}\n\n`);
}
