import type { Bench, Endpoints, Listener, SupervisionEnd, WorkspaceSpec } from "../../runtime";
import { dockerWords } from "../../runtime/docker/docker-error";
import { conflict } from "../http/problem";
import type { Collection } from "../state/store";
import { inState, type WorkspaceRecord, type WorkspaceStatus } from "./record";

/** The runtime that runs workspaces. */
export type Runtime = Pick<
  Bench,
  | "isRunning"
  | "live"
  | "prepare"
  | "supervise"
  | "endpoints"
  | "stop"
  | "clear"
  | "remove"
  | "removeAll"
  | "closeOutside"
>;

/** The surroundings and callbacks of the life cycle. */
export interface LifecycleOptions {
  readonly records: Collection<WorkspaceRecord>;
  /** Connects to the runtime, only when there is something to run. */
  runtime(): Promise<Runtime>;
  /** The spec of a workspace, with a new API key. */
  specOf(record: WorkspaceRecord): Promise<WorkspaceSpec>;
  /** The main process is alive: open the accesses. */
  opened(record: WorkspaceRecord, endpoints: Endpoints): Promise<void>;
  /** The main process ended and will restart. Its ports lead nowhere until the next `opened`. */
  interrupted(id: string): void;
  /** The workspace has ended or is about to: close the accesses. May be called repeatedly. */
  closed(id: string): Promise<void>;
  /** Nothing of the workspace runs any more: revoke what it got for this run. */
  ended(id: string): Promise<void>;
  log(line: string): void;
}

/** Background work on one workspace. At most one at a time. */
interface Activity {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/**
 * The states of workspaces: Stopped, Starting, Running, Stopping, Failed. A call writes the new state and returns;
 * background work continues and writes the final state. After a kill, the stored state determines which work to resume:
 * see {@link recover}.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #activities = new Map<string, Activity>();
  #closing = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Starts a stopped or failed workspace; 409 in another state. */
  async start(id: string): Promise<void> {
    await this.#change(id, "Starting", ["Stopped", "Failed"], "start");
    this.#begin(id, (abort) => this.#run(id, abort));
  }

  /** Stops a running, starting or failed workspace; 409 in another state. */
  async stop(id: string): Promise<void> {
    await this.#change(id, "Stopping", ["Running", "Starting", "Failed"], "stop");
    this.#begin(id, () => this.#halt(id));
  }

  /** Deletes a stopped or failed workspace with its /data; 409 in another state. */
  async delete(id: string): Promise<void> {
    await this.#options.records.update(id, (record) => ({
      ...this.#permitted(record, ["Stopped", "Failed"], "delete"),
      deleted: true,
    }));
    await this.#activities.get(id)?.done;
    await this.#finishDelete(id);
  }

  /** Resumes what a crash or a normal end of the emulator interrupted. Starts no workspace that still runs. */
  async recover(): Promise<void> {
    const records = this.#options.records.list();
    const left = records.length === 0 ? new Set<string>() : await (await this.#options.runtime()).live();
    for (const { id, deleted, status } of records) {
      if (deleted) {
        await this.#finishDelete(id);
      } else if (status === "Running" || status === "Starting") {
        this.#begin(id, (abort) => this.#run(id, abort));
      } else if (status === "Stopping") {
        this.#begin(id, () => this.#halt(id));
      } else if (left.has(id)) {
        await (await this.#options.runtime()).clear(id);
      }
    }
  }

  /**
   * Stops all containers as Bench does and keeps the states, so that {@link recover} starts the same workspaces again.
   * `removeAll` removes everything from Docker, /data included, and from the records.
   */
  async close({ removeAll }: { removeAll: boolean }): Promise<void> {
    this.#closing = true;
    const records = this.#options.records.list();
    const live = records.filter(({ status }) => status !== "Stopped" && status !== "Failed");
    await Promise.all(live.map(({ id }) => this.#shutDown(id)));
    await Promise.all([...this.#activities.values()].map(({ done }) => done));
    if (records.length > 0 || removeAll) {
      await (await this.#options.runtime()).closeOutside();
    }
    if (removeAll) {
      await (await this.#options.runtime()).removeAll();
      await Promise.all(records.map(({ id }) => this.#options.records.delete(id)));
    }
  }

  async #shutDown(id: string): Promise<void> {
    const activity = this.#activities.get(id);
    await this.#options.closed(id);
    if (this.#options.records.get(id)?.status !== "Stopping") {
      activity?.abort.abort();
    }
    await activity?.done;
    await (await this.#options.runtime()).stop(id);
    await this.#options.ended(id);
  }

  async #finishDelete(id: string): Promise<void> {
    await (await this.#options.runtime()).remove(id);
    await this.#options.records.delete(id);
  }

  async #change(id: string, to: WorkspaceStatus, from: readonly WorkspaceStatus[], verb: string): Promise<void> {
    await this.#options.records.update(id, (record) => inState(this.#permitted(record, from, verb), to));
  }

  #permitted(record: WorkspaceRecord, from: readonly WorkspaceStatus[], verb: string): WorkspaceRecord {
    if (this.#closing) {
      throw conflict("The emulator is shutting down.");
    }
    if (record.deleted || !from.includes(record.status)) {
      throw conflict(
        `Workspace ${record.settings.name} is ${record.status}; to ${verb} it, it must be ${from.join(" or ")}.`,
      );
    }
    return record;
  }

  /** Ends the current activity of a workspace, then starts another. */
  #begin(id: string, work: (abort: AbortController) => Promise<void>): void {
    if (this.#closing) {
      // The emulator is shutting down. The stored state says what to resume.
      return;
    }
    const former = this.#activities.get(id);
    const abort = new AbortController();
    former?.abort.abort();
    const activity: Activity = {
      abort,
      done: (former?.done ?? Promise.resolve())
        .then(() => work(abort))
        .catch((error: unknown) => this.#fail(id, dockerWords(error)))
        .finally(() => {
          if (this.#activities.get(id) === activity) {
            this.#activities.delete(id);
          }
        }),
    };
    this.#activities.set(id, activity);
  }

  /** Starts a workspace and keeps it running until supervision gives up, or until the signal aborts. */
  async #run(id: string, { signal }: AbortController): Promise<void> {
    const failure = await this.#keepUp(id, signal).catch((error: unknown) => {
      if (!signal.aborted) {
        return dockerWords(error);
      }
      return undefined;
    });
    await this.#options.closed(id);
    if (failure !== undefined) {
      await this.#fail(id, failure);
      await (await this.#options.runtime()).clear(id);
      await this.#options.ended(id);
    }
  }

  /** Resolves to the reason for giving up. Recreates a container that was removed from outside. */
  async #keepUp(id: string, signal: AbortSignal): Promise<string> {
    const runtime = await this.#options.runtime();
    for (;;) {
      signal.throwIfAborted();
      const record = this.#options.records.get(id);
      if (record === undefined) {
        return "The workspace is gone.";
      }
      if (!(await runtime.isRunning(id))) {
        await runtime.prepare(await this.#options.specOf(record));
        signal.throwIfAborted();
      }
      const end: SupervisionEnd = await runtime.supervise(id, this.#listener(id, runtime), signal);
      if (end.kind === "failed") {
        return end.reason;
      }
      await this.#options.closed(id);
      this.#options.log(`Workspace ${record.settings.name}: its container was removed from Docker; making it again.`);
    }
  }

  #listener(id: string, runtime: Runtime): Listener {
    return {
      alive: async () => {
        const record = this.#options.records.get(id);
        if (record !== undefined) {
          await this.#options.opened(record, await runtime.endpoints(id));
        }
        await this.#options.records.update(id, (current) =>
          current.status === "Starting" ? inState(current, "Running") : current,
        );
      },
      ended: async ({ exitCode, restarts }) => {
        this.#options.interrupted(id);
        const times = restarts === 1 ? "once" : `${restarts} times`;
        const message = `The main process ended with exit code ${exitCode} and was started again (${times} so far).`;
        await this.#options.records.update(id, (current) =>
          current.status === "Running" || current.status === "Starting"
            ? inState(current, current.status, message)
            : current,
        );
      },
    };
  }

  async #halt(id: string): Promise<void> {
    await this.#options.closed(id);
    const { seconds, killed } = await (await this.#options.runtime()).stop(id);
    await this.#options.ended(id);
    const message = killed
      ? `The main process did not end within ${Math.round(seconds)} s of the TERM signal and was killed.`
      : undefined;
    await this.#options.records.update(id, (record) =>
      record.status === "Stopping" ? inState(record, "Stopped", message) : record,
    );
  }

  async #fail(id: string, reason: string): Promise<void> {
    const record = await this.#options.records.update(id, (current) =>
      current.status === "Stopped" || current.deleted ? current : inState(current, "Failed", reason),
    );
    this.#options.log(`Workspace ${record?.settings.name ?? id} failed: ${reason}`);
  }
}
