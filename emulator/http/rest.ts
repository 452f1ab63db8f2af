import { createHash } from "node:crypto";
import type { Request, Response } from "express";

/** Media type of most groups of calls. Their requests may also be `application/json`. */
export const v3 = "application/vnd.illumina.v3+json";
/** Media type of the Docker image calls and, by assumption, of the workspace calls, which accept no other. */
export const v4 = "application/vnd.illumina.v4+json";

/**
 * Converts an OpenAPI path to Express's notation: `/a/{id}:start` → `/a/:id\:start`. The routes use the paths of the
 * documents, so that one search finds both.
 */
export function route(openApiPath: string): string {
  return openApiPath.replaceAll(":", "\\:").replace(/\{(\w+)\}/g, ":$1");
}

/** A path parameter. */
export function param(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === "string" ? value : "";
}

/** Sends JSON with one of ICA's media types. */
export function send(res: Response, status: number, mediaType: string, body: unknown): void {
  res.status(status).type(mediaType).json(body);
}

/** A strong ETag of the whole document, which changes with every change. */
export function etagOf(document: unknown): string {
  return `"${createHash("sha256").update(canonicalJson(document)).digest("hex").slice(0, 32)}"`;
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) =>
    isObject(nested) ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1))) : nested,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
