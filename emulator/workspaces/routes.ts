import { type Request, Router } from "express";
import type { Idempotency } from "../http/idempotency";
import { wholeNumber } from "../http/paging";
import { notFound } from "../http/problem";
import { param, route, send, v4 } from "../http/rest";
import type { Identity } from "../state/identity";
import type { WorkspaceRecord } from "./record";
import { parseSettings, type WorkspaceService } from "./service";
import { workspaceEtag } from "./view";

const collection = "/api/projects/{projectId}/workspaces";
const one = `${collection}/{workspaceId}`;

/** What the routes need. */
export interface RoutesOptions {
  readonly identity: Identity;
  readonly desk: WorkspaceService;
  readonly idempotency: Idempotency;
}

/** The calls of openapi/workspaces.yaml. */
export function workspaceRoutes({ identity, desk, idempotency }: RoutesOptions): Router {
  const router = Router();
  const checkProject = (req: Request) => {
    const projectId = param(req, "projectId");
    if (projectId !== identity.project.id) {
      throw notFound(`There is no project ${projectId}.`);
    }
  };
  const workspaceOf = (req: Request): WorkspaceRecord => {
    checkProject(req);
    return desk.require(param(req, "workspaceId"));
  };

  router.get(route(collection), (req, res) => {
    checkProject(req);
    const { name } = req.query;
    const rows = desk.list().filter((record) => name === undefined || record.settings.name === name);
    const offset = wholeNumber(req, "pageOffset", 0, [0, 1_000_000]);
    const size = wholeNumber(req, "pageSize", 50, [1, 1000]);
    const items = rows.slice(offset, offset + size).map((record) => desk.view(record));
    send(res, 200, v4, { items, totalItemCount: rows.length });
  });

  router.post(
    route(collection),
    idempotency.handler({
      mediaType: v4,
      run: async (req, requestId) => {
        checkProject(req);
        const record = await desk.create(parseSettings(req.body), requestId);
        return { headers: { ETag: workspaceEtag(record) }, body: desk.view(record) };
      },
    }),
  );

  router.get(route(one), (req, res) => {
    const record = workspaceOf(req);
    res.set("ETag", workspaceEtag(record));
    send(res, 200, v4, desk.view(record));
  });

  router.put(route(one), async (req, res) => {
    const { id } = workspaceOf(req);
    const updated = await desk.update(id, parseSettings(req.body), req.get("If-Match"));
    res.set("ETag", workspaceEtag(updated));
    send(res, 200, v4, desk.view(updated));
  });

  for (const verb of ["start", "stop", "delete"] as const) {
    router.post(route(`${one}:${verb}`), async (req, res) => {
      await desk.press(workspaceOf(req).id, verb);
      res.status(204).end();
    });
  }
  return router;
}
