import { type Request, Router } from "express";
import type { EmulatorContext } from "../context";
import { principalOf } from "../http/auth";
import { pageOf } from "../http/paging";
import { badRequest, conflict, notFound, unauthorized } from "../http/problem";
import { etagOf, param, route, send, v3 } from "../http/rest";
import { packageVersion } from "../package-root";
import { projectRegion } from "../state/identity";
import type { Formats } from "./formats";
import { projectView, regionView } from "./views";

/** Tokens, regions, the project, data formats and system information: what clients look up first. */
export function catalogRoutes({ auth, identity }: EmulatorContext, formats: Formats): Router {
  const router = Router();
  const info = { name: "ICA emulator of pulumi-ica", version: packageVersion() };

  router.post(route("/api/tokens"), (req, res) => {
    const principal = principalOf(req);
    if (principal.by !== "key") {
      throw unauthorized("A token is made from an API key in X-API-Key, not from another token.");
    }
    if (req.query.tenant !== undefined && req.query.tenant !== identity.tenant.name) {
      throw badRequest(`The key does not belong to tenant ${String(req.query.tenant)}.`);
    }
    send(res, 200, v3, { token: auth.issueToken(principal) });
  });

  router.post(route("/api/tokens:refresh"), (req) => {
    if (principalOf(req).by !== "token") {
      throw unauthorized("This call needs a token that is still valid.");
    }
    throw conflict("A token that was made from an API key cannot be refreshed. Make a new one with POST /api/tokens.");
  });

  router.get(route("/api/system/info"), (_req, res) => send(res, 200, v3, info));

  router.get(route("/api/regions"), (_req, res) => {
    send(res, 200, v3, { items: identity.regions.map((region) => regionView(identity, region)) });
  });

  router.get(route("/api/regions/{regionId}"), (req, res) => {
    const region = identity.regions.find(({ id }) => id === param(req, "regionId"));
    if (region === undefined) {
      throw notFound(`There is no region ${param(req, "regionId")}.`);
    }
    send(res, 200, v3, regionView(identity, region));
  });

  router.get(route("/api/projects/{projectId}"), (req, res) => {
    requireProject(identity.project.id, param(req, "projectId"));
    const view = projectView(identity, projectRegion(identity));
    res.set("ETag", etagOf(view));
    send(res, 200, v3, view);
  });

  router.get(route("/api/dataFormats"), (req, res) => {
    send(
      res,
      200,
      v3,
      pageOf(req, sorted(formats.all, req), ({ id }) => id),
    );
  });

  return router;
}

/** Throws a 404 problem unless the path names the emulator's project. */
export function requireProject(known: string, asked: string): void {
  if (asked !== known) {
    throw notFound(`There is no project ${asked}. This emulator has one: ${known}.`);
  }
}

function sorted<T extends { code: string }>(rows: readonly T[], req: Request): readonly T[] {
  const { sort } = req.query;
  if (sort === undefined) {
    return rows;
  }
  const direction = typeof sort === "string" ? /^code(?: (asc|desc))?$/.exec(sort.trim()) : null;
  if (direction === null) {
    throw badRequest("Formats can be sorted by code, 'code asc' or 'code desc'.", {
      parameters: { sort: "is not valid" },
    });
  }
  const sign = direction[1] === "desc" ? -1 : 1;
  return [...rows].sort((a, b) => (a.code < b.code ? -sign : sign));
}
