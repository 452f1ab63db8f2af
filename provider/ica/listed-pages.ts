import type { Clock } from "../handler";
import { pageSize, type Workspace, type Workspaces } from "./workspaces";

/** The content of one page. */
interface Page {
  /** When the page was requested, in milliseconds since 1970. */
  readonly askedAt: number;
  /** How many writes this process had made by then. */
  readonly writes: number;
  readonly byId: ReadonlyMap<string, Workspace>;
}

/**
 * The pages of a project's list that have been read, and the page on which each workspace was last seen. That page is only a
 * hint that saves calls: workspaces move up when others are deleted.
 */
export class ListedPages {
  readonly #projectId: string;
  readonly #workspaces: Workspaces;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #pages = new Map<number, Page>();
  readonly #seenOn = new Map<string, number>();
  #next = 0;
  #ended = false;
  #repeats = false;

  /** @param maxAgeMs how long a page answers {@link find}, in milliseconds from the request for it */
  constructor(projectId: string, workspaces: Workspaces, clock: Clock, maxAgeMs: number) {
    this.#projectId = projectId;
    this.#workspaces = workspaces;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** A workspace on a recent page, if this process has written nothing since that page was requested. */
  find(id: string): Workspace | undefined {
    const number = this.#seenOn.get(id);
    const page = number === undefined ? undefined : this.#pages.get(number);
    if (page === undefined || page.writes !== this.#workspaces.writes) {
      return undefined;
    }
    return this.#clock.now() - page.askedAt > this.#maxAgeMs ? undefined : page.byId.get(id);
  }

  /** The number of the page on which the workspace was last seen. */
  pageOf(id: string): number | undefined {
    return this.#seenOn.get(id);
  }

  /**
   * The number of the first page that is not known to be full; undefined when that page was read just now or reading on
   * would not help.
   */
  get next(): number | undefined {
    return this.#ended || this.#repeats ? undefined : this.#next;
  }

  /** Lets {@link next} check for workspaces added since the list was read to its end. */
  expectMore(): void {
    this.#ended = false;
  }

  /** The workspace was not where it had been seen. The list has shifted, so it must be read from the beginning. */
  forget(id: string): void {
    this.#seenOn.delete(id);
    this.#next = 0;
  }

  /** Reads one page (the first is 0). */
  async read(number: number): Promise<ReadonlyMap<string, Workspace>> {
    this.#dropOld();
    const [askedAt, writes] = [this.#clock.now(), this.#workspaces.writes];
    const { items, total } = await this.#workspaces.page(this.#projectId, number * pageSize);
    const page: Page = { askedAt, writes, byId: new Map(items.map((workspace) => [workspace.id, workspace])) };
    // A server that ignores the offset returns the first page every time.
    this.#repeats ||= number > 0 && items[0] !== undefined && items[0].id === this.#firstId(0);
    this.#pages.set(number, page);
    for (const id of page.byId.keys()) {
      this.#seenOn.set(id, number);
    }
    if (number === this.#next) {
      const isFull = items.length >= pageSize;
      if (isFull) {
        this.#next++;
      }
      this.#ended = !isFull || total === this.#next * pageSize;
    }
    return page.byId;
  }

  #firstId(number: number): string | undefined {
    const [first] = this.#pages.get(number)?.byId.keys() ?? [];
    return first;
  }

  /** Old pages only use memory. */
  #dropOld(): void {
    const oldest = this.#clock.now() - this.#maxAgeMs;
    for (const [number, { askedAt }] of this.#pages) {
      if (askedAt < oldest) {
        this.#pages.delete(number);
      }
    }
  }
}
