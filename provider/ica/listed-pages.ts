import type { Clock } from "../handler";
import { pageSize, type Workspace, type Workspaces } from "./workspaces";

/** What one page showed. */
interface Page {
  /** Milliseconds since 1970 at which it was asked for. */
  readonly askedAt: number;
  /** How many writes this process had made by then. */
  readonly writes: number;
  readonly byId: ReadonlyMap<string, Workspace>;
}

/**
 * The pages of a project's list as far as they were read, and on which page each workspace was last seen. The latter is a
 * hint that saves calls and proves nothing: workspaces move up when others are deleted.
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

  /** @param maxAgeMs milliseconds for which a page answers {@link find}, from the moment it was asked for */
  constructor(projectId: string, workspaces: Workspaces, clock: Clock, maxAgeMs: number) {
    this.#projectId = projectId;
    this.#workspaces = workspaces;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** A workspace on a page that is not too old, and since which this process wrote nothing. */
  find(id: string): Workspace | undefined {
    const number = this.#seenOn.get(id);
    const page = number === undefined ? undefined : this.#pages.get(number);
    if (page === undefined || page.writes !== this.#workspaces.writes) return undefined;
    return this.#clock.now() - page.askedAt > this.#maxAgeMs ? undefined : page.byId.get(id);
  }

  /** The number of the page on which a workspace was last seen. */
  pageOf(id: string): number | undefined {
    return this.#seenOn.get(id);
  }

  /** The number of the first page that is not known to be full; undefined when it was read just now, or reading on is no use. */
  get next(): number | undefined {
    return this.#ended || this.#repeats ? undefined : this.#next;
  }

  /** Lets {@link next} look again for what may have come since the list was read to its end. */
  expectMore(): void {
    this.#ended = false;
  }

  /** A workspace was not where it had been seen: the list has shifted, and is to be read from its beginning. */
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
    // A server that does not heed the offset gives the first page again and again.
    this.#repeats ||= number > 0 && items[0] !== undefined && items[0].id === this.#firstId(0);
    this.#pages.set(number, page);
    for (const id of page.byId.keys()) this.#seenOn.set(id, number);
    if (number === this.#next) {
      const isFull = items.length >= pageSize;
      if (isFull) this.#next++;
      this.#ended = !isFull || total === this.#next * pageSize;
    }
    return page.byId;
  }

  #firstId(number: number): string | undefined {
    const [first] = this.#pages.get(number)?.byId.keys() ?? [];
    return first;
  }

  /** Old pages only take up memory. */
  #dropOld(): void {
    const oldest = this.#clock.now() - this.#maxAgeMs;
    for (const [number, { askedAt }] of this.#pages) if (askedAt < oldest) this.#pages.delete(number);
  }
}
