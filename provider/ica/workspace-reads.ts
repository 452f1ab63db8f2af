import type { Clock } from "../handler";
import { FreshRead } from "./fresh-read";
import { ListedPages } from "./listed-pages";
import { IcaError } from "./transport/error";
import { type ListedWorkspace, type Workspace, WorkspaceApiMissing, type Workspaces } from "./workspaces";

/**
 * Look-ups of single workspaces, answered together. Those that are wanted in the same moment share pages of the project's
 * list where that takes fewer calls than one GET each.
 *
 * - {@link now} is as good as a GET of its own: its answer comes from a call that began after it was asked for. Waits and
 *   whatever decides about a write use it.
 * - {@link recent} may also be answered from a page that was asked for up to {@link maxAgeMs} ago. Only a refresh uses it:
 *   it writes down what was seen and decides nothing; what acts on it looks again. Any write of this process ends the life
 *   of all pages, so that nobody reads what was before its own change.
 *
 * That something is gone takes two witnesses: a GET that answers 404, and then {@link listed}. A list may shift under its reader and
 * lose what is there; and one wrong 404, of a server that restarts or is out of step, must cost no data.
 */
export class WorkspaceReads {
  readonly #workspaces: Workspaces;
  readonly #clock: Clock;
  readonly #shared: boolean;
  readonly #projects = new Map<string, ProjectReads>();
  readonly #lists = new Map<string, FreshRead<readonly ListedWorkspace[]>>();

  /** `shared`: false makes every look-up a GET of its own. */
  constructor(workspaces: Workspaces, clock: Clock, shared = true) {
    this.#workspaces = workspaces;
    this.#clock = clock;
    this.#shared = shared;
  }

  /** The workspace as it is now. Rejects with an error whose `isNotFound` is true when it does not exist (any more). */
  now(projectId: string, workspaceId: string): Promise<Workspace> {
    return this.#ask(projectId, workspaceId, false);
  }

  /** The workspace as it was at most {@link maxAgeMs} ago; rejects as {@link now} does, and then it is gone now. */
  recent(projectId: string, workspaceId: string): Promise<Workspace> {
    return this.#ask(projectId, workspaceId, true);
  }

  /**
   * The workspace in the project's list, read after this was asked for; undefined where the list does not have it. Workspaces
   * that are asked for in the same moment share one reading of the list. Rejects when the list cannot be read.
   */
  async listed(projectId: string, workspaceId: string): Promise<ListedWorkspace | undefined> {
    const list = this.#lists.get(projectId) ?? new FreshRead(() => this.#workspaces.listed(projectId));
    this.#lists.set(projectId, list);
    return (await list.ask()).find(({ id }) => id === workspaceId);
  }

  async #ask(projectId: string, workspaceId: string, recent: boolean): Promise<Workspace> {
    if (!this.#shared) return (await this.#workspaces.get(projectId, workspaceId)).workspace;
    const reads = this.#projects.get(projectId) ?? new ProjectReads(projectId, this.#workspaces, this.#clock);
    this.#projects.set(projectId, reads);
    return reads.ask(workspaceId, recent);
  }
}

/** Milliseconds for which a page may answer a refresh, from the moment it was asked for. */
export const maxAgeMs = 10_000;

/** List pages that may be spent for each look-up, in search of workspaces that were on no page yet. */
const pagesPerAsk = 2;

interface Ask {
  readonly id: string;
  readonly recent: boolean;
  readonly found: (workspace: Workspace) => void;
  readonly failed: (error: unknown) => void;
}

/** The look-ups of one project. One batch at a time: whoever comes while calls are under way makes up the next one. */
class ProjectReads {
  readonly #projectId: string;
  readonly #workspaces: Workspaces;
  readonly #clock: Clock;
  readonly #pages: ListedPages;
  #waiting: Ask[] = [];
  #working = false;
  /** The list was refused: look-ups go on without it. */
  #refused = false;
  /** Look-ups, and pages spent on searches, since the last pause of {@link maxAgeMs} in which nobody asked. */
  #lately = { asks: 0, searched: 0, at: Number.NEGATIVE_INFINITY };

  constructor(projectId: string, workspaces: Workspaces, clock: Clock) {
    this.#projectId = projectId;
    this.#workspaces = workspaces;
    this.#clock = clock;
    this.#pages = new ListedPages(projectId, workspaces, clock, maxAgeMs);
  }

  ask(id: string, recent: boolean): Promise<Workspace> {
    const now = this.#clock.now();
    if (now - this.#lately.at > maxAgeMs) this.#lately = { asks: 0, searched: 0, at: now };
    this.#lately.asks++;
    this.#lately.at = now;
    const known = recent ? this.#pages.find(id) : undefined;
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((found, failed) => {
      this.#waiting.push({ id, recent, found, failed });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    // What is asked for in the same turn of the event loop goes together.
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
    if (!this.#refused) await this.#fromList(batch);
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

  /** A list that is refused or cannot be read is no reason to fail: the GETs that follow tell what is the matter, if anything is. */
  async #fromList(batch: Batch): Promise<void> {
    try {
      await this.#whereLastSeen(batch);
      await this.#search(batch);
    } catch (error) {
      if (!isUseless(error)) throw error;
      this.#refused = true;
    }
  }

  /** One page for all that were last seen on it. */
  async #whereLastSeen(batch: Batch): Promise<void> {
    for (const [number, asks] of batch.by((id) => this.#pages.pageOf(id))) {
      if (asks.length < 2 && !this.#expectsMore(asks)) continue;
      const seen = await this.#pages.read(number);
      batch.answer(({ id }) => seen.get(id));
      for (const { id } of asks) if (!seen.has(id)) this.#pages.forget(id);
    }
  }

  /** Reads on in the list while that may be cheaper than a GET for each one that was on no page yet. */
  async #search(batch: Batch): Promise<void> {
    this.#pages.expectMore();
    for (;;) {
      const asks = batch.left.filter(({ id }) => this.#pages.pageOf(id) === undefined);
      const { next } = this.#pages;
      if (next === undefined || (asks.length < 2 && !this.#expectsMore(asks))) return;
      if (this.#lately.searched >= this.#lately.asks * pagesPerAsk) return;
      this.#lately.searched++;
      const seen = await this.#pages.read(next);
      batch.answer(({ id }) => seen.get(id));
    }
  }

  /** In a refresh of many, the next ones will be glad of the page that one of them pays for. */
  #expectsMore(asks: readonly Ask[]): boolean {
    return this.#lately.asks > 1 && asks.some(({ recent }) => recent);
  }
}

/** Look-ups that are answered together. */
class Batch {
  left: readonly Ask[];

  constructor(asks: readonly Ask[]) {
    this.left = asks;
  }

  /** Answers those for which `look` finds something; the others are left. */
  answer(look: (ask: Ask) => Workspace | undefined): void {
    this.left = this.left.filter((ask) => {
      const workspace = look(ask);
      if (workspace !== undefined) ask.found(workspace);
      return workspace === undefined;
    });
  }

  /** Fails those that are left. */
  fail(error: unknown): void {
    for (const ask of this.left) ask.failed(error);
    this.left = [];
  }

  /** Those that are left, by a number; without those that have none. */
  by(number: (id: string) => number | undefined): ReadonlyMap<number, readonly Ask[]> {
    const groups = new Map<number, Ask[]>();
    for (const ask of this.left) {
      const key = number(ask.id);
      if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), ask]);
    }
    return groups;
  }
}

function isUseless(error: unknown): boolean {
  if (error instanceof WorkspaceApiMissing) return true;
  if (!(error instanceof IcaError)) return false;
  return error.kind === "unexpected" || (error.kind === "refused" && !error.isAmbiguous && error.status !== 429);
}
