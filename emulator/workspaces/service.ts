import { randomInt, randomUUID } from "node:crypto";
import pLimit from "p-limit";
import type { EmulatorContext } from "../context";
import type { JsonObject } from "../http/idempotency";
import { badRequest, conflict, notFound } from "../http/problem";
import { inOrderOfCreation } from "../state/creation-order";
import type { Collection } from "../state/store";
import { checkNew, checkUpdate } from "./check";
import type { Lifecycle } from "./lifecycle";
import { settings, type WorkspaceRecord, type WorkspaceSettings } from "./record";
import { viewOf, workspaceEtag } from "./view";

/** An action on an existing workspace. */
export type Verb = "start" | "stop" | "delete";

/** What the service needs. */
export interface ServiceOptions {
  readonly context: Pick<EmulatorContext, "identity" | "images" | "baseUrl">;
  readonly records: Collection<WorkspaceRecord>;
  readonly lifecycle: Pick<Lifecycle, Verb>;
  /** The SSH port of a workspace while open. */
  consolePort(id: string): number | undefined;
}

/** The operations on workspaces, for the REST calls and for the page. Throws problems. */
export class WorkspaceService {
  readonly #options: ServiceOptions;
  /** Names are unique, so every operation that sets a name checks and writes in one step. */
  readonly #oneAtATime = pLimit(1);

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** All workspaces that are not deleted, in order of creation. */
  list(): WorkspaceRecord[] {
    return inOrderOfCreation(this.#options.records.list().filter(({ deleted }) => !deleted));
  }

  /** The workspace, or a 404 problem. */
  require(id: string): WorkspaceRecord {
    const record = this.#options.records.get(id);
    if (record === undefined || record.deleted) {
      throw missing(id);
    }
    return record;
  }

  /** A workspace as the API shows it. */
  view(record: WorkspaceRecord): JsonObject {
    return viewOf(record, this.#options.context.baseUrl(), this.#options.consolePort(record.id));
  }

  /** Creates a stopped workspace; returns the same one for the same `requestId`. */
  create(wanted: WorkspaceSettings, requestId: string | undefined): Promise<WorkspaceRecord> {
    return this.#oneAtATime(async () => {
      const made = requestId === undefined ? undefined : this.list().find((record) => record.requestId === requestId);
      if (made !== undefined) {
        return made;
      }
      const { context, records } = this.#options;
      checkNew(wanted, context);
      this.#checkName(wanted.name);
      const now = new Date().toISOString();
      const record: WorkspaceRecord = {
        id: randomUUID(),
        timeCreated: now,
        timeModified: now,
        projectId: context.identity.project.id,
        number: this.#freshNumber(),
        settings: wanted,
        status: "Stopped",
        ...(requestId === undefined ? {} : { requestId }),
      };
      await records.put(record.id, record);
      return record;
    });
  }

  /** Replaces the settings. `ifMatch` is an If-Match header: 409 when the settings have changed since. */
  update(id: string, wanted: WorkspaceSettings, ifMatch: string | undefined): Promise<WorkspaceRecord> {
    return this.#oneAtATime(async () => {
      const { context, records } = this.#options;
      const updated = await records.update(id, (record) => {
        if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== workspaceEtag(record)) {
          throw conflict(
            `Workspace ${record.settings.name} has changed since it was read. Read it again, then update.`,
          );
        }
        checkUpdate(record, wanted, context);
        this.#checkName(wanted.name, id);
        return { ...record, settings: wanted, timeModified: new Date().toISOString() };
      });
      if (updated === undefined) {
        throw missing(id);
      }
      return updated;
    });
  }

  /** Starts, stops or deletes a workspace; starting and stopping continue in the background. */
  async press(id: string, verb: Verb): Promise<void> {
    await this.#options.lifecycle[verb](this.require(id).id);
  }

  #checkName(name: string, except?: string): void {
    const twin = this.list().find((record) => record.settings.name === name && record.id !== except);
    if (twin !== undefined) {
      throw conflict(`There is already a workspace named ${name} in this project: ${twin.id}.`, {
        parameters: { name: "is in use" },
      });
    }
  }

  #freshNumber(): string {
    const used = new Set(this.#options.records.list().map(({ number }) => number));
    for (;;) {
      const number = String(randomInt(10_000_000, 100_000_000));
      if (!used.has(number)) {
        return number;
      }
    }
  }
}

/** Parses a caller's settings. Throws a 400 problem that names every fault. */
export function parseSettings(body: unknown): WorkspaceSettings {
  const parsed = settings.safeParse(body);
  if (!parsed.success) {
    const found = parsed.error.issues.map(({ path, message }) => [path.join("."), message] as const);
    throw badRequest(
      `The body is not the settings of a workspace: ${found.map((pair) => pair.join(": ")).join("; ")}.`,
      { parameters: Object.fromEntries(found) },
    );
  }
  return parsed.data;
}

function missing(id: string): Error {
  return notFound(`There is no workspace ${id} in this project.`);
}
