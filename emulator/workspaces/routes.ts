import { randomInt, randomUUID } from "node:crypto";
import { type Request, Router } from "express";
import pLimit from "p-limit";
import type { EmulatorContext } from "../config";
import type { Idempotency, JsonObject } from "../idempotency";
import { wholeNumber } from "../paging";
import { badRequest, conflict, notFound } from "../problem";
import { route, send, V4 } from "../rest";
import type { Collection } from "../store";
import { checkNew, checkUpdate } from "./check";
import type { Lifecycle } from "./lifecycle";
import { settings, type WorkspaceRecord, type WorkspaceSettings } from "./record";
import { viewOf, workspaceEtag } from "./view";

const COLLECTION = "/api/projects/{projectId}/workspaces";
const ONE = `${COLLECTION}/{workspaceId}`;

/** What the routes work on. */
export interface RoutesOptions {
  readonly context: Pick<EmulatorContext, "identity" | "images" | "baseUrl">;
  readonly records: Collection<WorkspaceRecord>;
  readonly lifecycle: Pick<Lifecycle, "start" | "stop" | "delete">;
  readonly idempotency: Idempotency;
  /** The SSH port of a workspace while it is open. */
  consolePort(id: string): number | undefined;
}

/** The calls of openapi/workspaces.yaml. */
export function workspaceRoutes(options: RoutesOptions): Router {
  const { context, records, lifecycle, idempotency } = options;
  // names are unique, so what gives names must look and write as one step
  const oneAtATime = pLimit(1);
  const router = Router();
  const view = (record: WorkspaceRecord): JsonObject =>
    viewOf(record, context.baseUrl(), options.consolePort(record.id));

  router.get(route(COLLECTION), (req, res) => {
    const projectId = requireProject(context, req);
    const { name } = req.query;
    const rows = inOrder(records.list()).filter(
      (record) => record.projectId === projectId && (name === undefined || record.settings.name === name),
    );
    const offset = wholeNumber(req, "pageOffset", 0, 1_000_000);
    const size = wholeNumber(req, "pageSize", 50, 1000);
    const items = rows.slice(offset, offset + size).map(view);
    send(res, 200, V4, { items, totalItemCount: rows.length });
  });

  router.post(
    route(COLLECTION),
    idempotency.handler({
      mediaType: V4,
      run: async (req, requestId) => {
        const projectId = requireProject(context, req);
        const wanted = bodyOf(req);
        const record = await oneAtATime(() => create(options, projectId, wanted, requestId));
        return { headers: { ETag: workspaceEtag(record) }, body: view(record) };
      },
    }),
  );

  router.get(route(ONE), (req, res) => {
    const record = requireWorkspace(options, req);
    res.set("ETag", workspaceEtag(record));
    send(res, 200, V4, view(record));
  });

  router.put(route(ONE), async (req, res) => {
    const { id } = requireWorkspace(options, req);
    const wanted = bodyOf(req);
    const updated = await oneAtATime(() => update(options, id, wanted, req.get("If-Match")));
    res.set("ETag", workspaceEtag(updated));
    send(res, 200, V4, view(updated));
  });

  for (const verb of ["start", "stop", "delete"] as const) {
    router.post(route(`${ONE}:${verb}`), async (req, res) => {
      await lifecycle[verb](requireWorkspace(options, req).id);
      res.status(204).end();
    });
  }
  return router;
}

async function create(
  { context, records }: RoutesOptions,
  projectId: string,
  wanted: WorkspaceSettings,
  requestId: string | undefined,
): Promise<WorkspaceRecord> {
  const made =
    requestId === undefined ? undefined : inOrder(records.list()).find((record) => record.requestId === requestId);
  if (made !== undefined) {
    return made;
  }
  checkNew(wanted, context);
  checkName(records, projectId, wanted.name);
  const now = new Date().toISOString();
  const record: WorkspaceRecord = {
    id: randomUUID(),
    timeCreated: now,
    timeModified: now,
    projectId,
    number: freshNumber(records),
    settings: wanted,
    status: "Stopped",
    ...(requestId === undefined ? {} : { requestId }),
  };
  await records.put(record.id, record);
  return record;
}

async function update(
  { context, records }: RoutesOptions,
  id: string,
  wanted: WorkspaceSettings,
  ifMatch: string | undefined,
): Promise<WorkspaceRecord> {
  const updated = await records.update(id, (record) => {
    if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== workspaceEtag(record)) {
      throw conflict(`Workspace ${record.settings.name} has changed since it was read. Read it again, then update.`);
    }
    checkUpdate(record, wanted, context);
    checkName(records, record.projectId, wanted.name, id);
    return { ...record, settings: wanted, timeModified: new Date().toISOString() };
  });
  if (updated === undefined) {
    throw missing(id);
  }
  return updated;
}

function checkName(records: Collection<WorkspaceRecord>, projectId: string, name: string, except?: string): void {
  const twin = records
    .list()
    .find(
      (record) =>
        record.projectId === projectId && record.settings.name === name && record.id !== except && !record.deleted,
    );
  if (twin !== undefined) {
    throw conflict(`There is already a workspace named ${name} in this project: ${twin.id}.`, {
      parameters: { name: "is in use" },
    });
  }
}

function freshNumber(records: Collection<WorkspaceRecord>): string {
  const used = new Set(records.list().map(({ number }) => number));
  for (;;) {
    const number = String(randomInt(10_000_000, 100_000_000));
    if (!used.has(number)) {
      return number;
    }
  }
}

function bodyOf(req: Request): WorkspaceSettings {
  const parsed = settings.safeParse(req.body);
  if (!parsed.success) {
    const found = parsed.error.issues.map(({ path, message }) => [path.join("."), message] as const);
    throw badRequest(
      `The body is not the settings of a workspace: ${found.map((pair) => pair.join(": ")).join("; ")}.`,
      {
        parameters: Object.fromEntries(found),
      },
    );
  }
  return parsed.data;
}

function requireProject({ identity }: Pick<EmulatorContext, "identity">, req: Request): string {
  const { projectId } = req.params;
  if (projectId !== identity.project.id) {
    throw notFound(`There is no project ${String(projectId)}.`);
  }
  return identity.project.id;
}

function requireWorkspace({ context, records }: RoutesOptions, req: Request): WorkspaceRecord {
  const projectId = requireProject(context, req);
  const id = String(req.params.workspaceId);
  const record = records.get(id);
  if (record === undefined || record.deleted || record.projectId !== projectId) {
    throw missing(id);
  }
  return record;
}

function missing(id: string): Error {
  return notFound(`There is no workspace ${id} in this project.`);
}

function inOrder(records: WorkspaceRecord[]): WorkspaceRecord[] {
  const key = ({ timeCreated, id }: WorkspaceRecord) => `${timeCreated} ${id}`;
  return records.filter(({ deleted }) => !deleted).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
