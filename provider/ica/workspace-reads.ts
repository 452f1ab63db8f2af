import type { Clock } from "../handler";
import { FreshRead } from "./fresh-read";
import { ListedPages } from "./listed-pages";
import { IcaError } from "./transport/error";
import { type ListedWorkspace, type Workspace, WorkspaceApiMissing, type Workspaces } from "./workspaces";

/**
 * Reads of single workspaces, answered together. Reads requested at the same time share pages of the project's list when
 * that takes fewer calls than one GET each.
 *
 * - {@link now} is as good as its own GET: the result comes from a call that began after the request. Waits use it, and so
 *   does every decision about a write.
 * - {@link recent} may also use a page that was requested up to {@link maxAgeMs} ago. Only a refresh uses it: a refresh
 *   records what it saw and decides nothing, and every action looks again. Any write of this process invalidates all pages,
 *   so that a read never returns the state before the process's own change.
 *
 * A workspace counts as gone only when two reads agree: a GET that answers 404, and then {@link listed}. A list can shift
 * while it is read and miss a workspace. And one wrong 404 from a server that restarts or is out of date must not cost data.
 */
export class WorkspaceReads {
  readonly #workspaces: Workspaces;
  readonly #clock: Clock;
  readonly #shared: boolean;
  readonly #projects = new Map<string, ProjectReads>();
  readonly #lists = new Map<string, FreshRead<readonly ListedWorkspace[]>>();

  /** When `shared` is false, every read is its own GET. */
  constructor(workspaces: Workspaces, clock: Clock, shared = true) {
    this.#workspaces = workspaces;
    this.#clock = clock;
    this.#shared = shared;
  }

  /** The current workspace. Rejects with an error whose `isNotFound` is true when it does not exist or no longer exists. */
  now(projectId: string, workspaceId: string): Promise<Workspace> {
    return this.#ask(projectId, workspaceId, false);
  }

  /** The workspace as it was at most {@link maxAgeMs} ago. Rejects like {@link now}, and then the workspace is gone now. */
  recent(projectId: string, workspaceId: string): Promise<Workspace> {
    return this.#ask(projectId, workspaceId, true);
  }

  /**
   * The workspace from the project's list, read after the request; undefined when the list lacks it. Workspaces requested at
   * the same time share one read of the list. Rejects when the list cannot be read.
   */
  async listed(projectId: string, workspaceId: string): Promise<ListedWorkspace | undefined> {
    const list = this.#lists.get(projectId) ?? new FreshRead(() => this.#workspaces.listed(projectId));
    this.#lists.set(projectId, list);
    return (await list.ask()).find(({ id }) => id === workspaceId);
  }

  async #ask(projectId: string, workspaceId: string, recent: boolean): Promise<Workspace> {
    if (!this.#shared) {
      return (await this.#workspaces.get(projectId, workspaceId)).workspace;
    }
    const reads = this.#projects.get(projectId) ?? new ProjectReads(projectId, this.#workspaces, this.#clock);
    this.#projects.set(projectId, reads);
    return reads.ask(workspaceId, recent);
  }
}

/** How many milliseconds a page can answer a refresh, from the request for it. */
export const maxAgeMs = 10_000;

/** Number of list pages for each read that may be spent to find workspaces not yet on any page. */
const pagesPerAsk = 2;

interface Ask {
  readonly id: string;
  readonly recent: boolean;
  readonly found: (workspace: Workspace) => void;
  readonly failed: (error: unknown) => void;
}

/** The reads of one project. One batch runs at a time; requests that arrive in the meantime form the next batch. */
class ProjectReads {
  readonly #projectId: string;
  readonly #workspaces: Workspaces;
  readonly #clock: Clock;
  readonly #pages: ListedPages;
  #waiting: Ask[] = [];
  #working = false;
  /** ICA refused the list, so reads continue without it. */
  #refused = false;
  /** Reads, and pages spent on searches, since the last pause of {@link maxAgeMs} without a request. */
  #lately = { asks: 0, searched: 0, at: Number.NEGATIVE_INFINITY };

  constructor(projectId: string, workspaces: Workspaces, clock: Clock) {
    this.#projectId = projectId;
    this.#workspaces = workspaces;
    this.#clock = clock;
    this.#pages = new ListedPages(projectId, workspaces, clock, maxAgeMs);
  }

  ask(id: string, recent: boolean): Promise<Workspace> {
    const now = this.#clock.now();
    if (now - this.#lately.at > maxAgeMs) {
      this.#lately = { asks: 0, searched: 0, at: now };
    }
    this.#lately.asks++;
    this.#lately.at = now;
    const known = recent ? this.#pages.find(id) : undefined;
    if (known !== undefined) {
      return Promise.resolve(known);
    }
    return new Promise((found, failed) => {
      this.#waiting.push({ id, recent, found, failed });
      if (!this.#working) {
        void this.#work();
      }
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    // Requests from the same turn of the event loop go together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = new Batch(this.#waiting);
      this.#waiting = [];
      try {
        await this.#answer(batch);
      } catch (error) {
        batch.fail(error);
      }
    }
    this.#working = false;
  }

  async #answer(batch: Batch): Promise<void> {
    batch.answer((ask) => (ask.recent ? this.#pages.find(ask.id) : undefined));
    if (!this.#refused) {
      await this.#fromList(batch);
    }
    await Promise.all(
      batch.left.map(async ({ id, found, failed }) => {
        try {
          found((await this.#workspaces.get(this.#projectId, id)).workspace);
        } catch (error) {
          failed(error);
        }
      }),
    );
  }

  /** A list that is refused or unreadable is not a failure: the GETs that follow report the problem, if there is one. */
  async #fromList(batch: Batch): Promise<void> {
    try {
      await this.#whereLastSeen(batch);
      await this.#search(batch);
    } catch (error) {
      if (!isUseless(error)) {
        throw error;
      }
      this.#refused = true;
    }
  }

  /** Reads one page for all workspaces last seen on it. */
  async #whereLastSeen(batch: Batch): Promise<void> {
    for (const [number, asks] of batch.by((id) => this.#pages.pageOf(id))) {
      if (asks.length < 2 && !this.#expectsMore(asks)) {
        continue;
      }
      const seen = await this.#pages.read(number);
      batch.answer(({ id }) => seen.get(id));
      for (const { id } of asks) {
        if (!seen.has(id)) {
          this.#pages.forget(id);
        }
      }
    }
  }

  /** Continues reading the list while that may take fewer calls than a GET for each workspace not yet on any page. */
  async #search(batch: Batch): Promise<void> {
    this.#pages.expectMore();
    for (;;) {
      const asks = batch.left.filter(({ id }) => this.#pages.pageOf(id) === undefined);
      const { next } = this.#pages;
      if (next === undefined || (asks.length < 2 && !this.#expectsMore(asks))) {
        return;
      }
      if (this.#lately.searched >= this.#lately.asks * pagesPerAsk) {
        return;
      }
      this.#lately.searched++;
      const seen = await this.#pages.read(next);
      batch.answer(({ id }) => seen.get(id));
    }
  }

  /** In a refresh of many workspaces, the next requests can use the page that one of them reads. */
  #expectsMore(asks: readonly Ask[]): boolean {
    return this.#lately.asks > 1 && asks.some(({ recent }) => recent);
  }
}

/** Reads that are answered together. */
class Batch {
  left: readonly Ask[];

  constructor(asks: readonly Ask[]) {
    this.left = asks;
  }

  /** Answers the requests for which `look` finds something; the others remain. */
  answer(look: (ask: Ask) => Workspace | undefined): void {
    this.left = this.left.filter((ask) => {
      const workspace = look(ask);
      if (workspace !== undefined) {
        ask.found(workspace);
      }
      return workspace === undefined;
    });
  }

  /** Fails the remaining requests. */
  fail(error: unknown): void {
    for (const ask of this.left) {
      ask.failed(error);
    }
    this.left = [];
  }

  /** Groups the remaining requests by number; leaves out those without one. */
  by(number: (id: string) => number | undefined): ReadonlyMap<number, readonly Ask[]> {
    const groups = new Map<number, Ask[]>();
    for (const ask of this.left) {
      const key = number(ask.id);
      if (key !== undefined) {
        groups.set(key, [...(groups.get(key) ?? []), ask]);
      }
    }
    return groups;
  }
}

function isUseless(error: unknown): boolean {
  if (error instanceof WorkspaceApiMissing) {
    return true;
  }
  if (!(error instanceof IcaError)) {
    return false;
  }
  return error.kind === "unexpected" || (error.kind === "refused" && !error.isAmbiguous && error.status !== 429);
}
