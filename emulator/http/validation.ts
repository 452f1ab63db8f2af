import { readFileSync } from "node:fs";
import path from "node:path";
import type { Request, RequestHandler } from "express";
import { middleware } from "express-openapi-validator";
import { parse } from "yaml";
import { z } from "zod";
import { openapiFolder } from "../package-root";
import { internalError, notAcceptable, notServed } from "./problem";

/** The base path of the calls in both documents. */
export const restPath = "/ica/rest";

const workspaceCall = /^\/ica\/rest\/api\/projects\/[^/]+\/workspaces(?:[/:]|$)/;

/**
 * Validates every request and every answer: workspace calls against openapi/workspaces.yaml (assumed), all others
 * against openapi/ica.yaml. Refuses calls that no document describes. Turns an answer that violates its document into a
 * 500 problem that names the violation, so that no test misses it. Without `workspaces`, the workspace calls count as
 * undescribed.
 */
export function validation({ workspaces = true }: { workspaces?: boolean } = {}): RequestHandler[] {
  const document = (name: string, ignorePaths: (path: string) => boolean): RequestHandler[] =>
    middleware({
      apiSpec: specification(name),
      // The default way of resolving references (bundle) loses references to parameters and some to schemas.
      $refParser: { mode: "dereference" },
      validateRequests: { allErrors: true },
      validateResponses: true,
      // auth.ts checks keys and tokens in one place, before a response reveals anything about a call.
      validateSecurity: false,
      ignorePaths,
      // No call uploads files in a form.
      fileUploader: false,
    });
  return [
    onlyServedActions(workspaces ? ["ica.yaml", "workspaces.yaml"] : ["ica.yaml"]),
    ...document("ica.yaml", (asked) => workspaceCall.test(asked)),
    ...(workspaces ? document("workspaces.yaml", (asked) => !workspaceCall.test(asked)) : []),
    acceptable,
  ];
}

type Specification = Exclude<Parameters<typeof middleware>[0]["apiSpec"], string>;

/**
 * A document as passed to the validator.
 *
 * - ICA's pattern for folder paths takes minutes to reject a text of some 100,000 characters without a final slash,
 *   because it starts again at each character. Without the beginning of the pattern, the result is the same and
 *   immediate.
 * - The validator refuses `! $ ' ( ) * + , : ; = @ / ?` in a query value that is not percent-encoded, unless the
 *   document says `allowReserved`. RFC 3986 (section 3.4) allows them there, and clients send them: encodeURIComponent
 *   keeps `!'()*`, and a form writes a space as `+`. So every query parameter allows them.
 */
function specification(name: string): Specification {
  const text = readFileSync(path.join(openapiFolder(), name), "utf8");
  return parse(text, (key, value: unknown) => {
    if (key === "pattern" && value === ".*/$") {
      return "/$";
    }
    return isQueryParameter(value) ? { ...value, allowReserved: true } : value;
  });
}

function isQueryParameter(value: unknown): value is object {
  return typeof value === "object" && value !== null && Reflect.get(value, "in") === "query";
}

const operation = z.object({
  schema: z.object({
    responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.unknown()).optional() }).loose()),
  }),
});

/**
 * Refuses actions that no document describes, such as `/data/{dataId}:archive`. The validator would read `x:archive` as
 * an id of `/data/{dataId}`, and for another method respond that it is not allowed there.
 */
function onlyServedActions(documents: readonly string[]): RequestHandler {
  const served = documents
    .flatMap((name) => Object.keys(paths.parse(specification(name)).paths))
    .map((path) => new RegExp(`^${restPath}${path.replace(/[.]/g, "\\$&").replace(/\{\w+\}/g, "[^/:]+")}$`));
  return (req, _res, next) => {
    if (req.path.slice(req.path.lastIndexOf("/")).includes(":") && !served.some((path) => path.test(req.path))) {
      throw notServed(req);
    }
    next();
  };
}

const paths = z.object({ paths: z.record(z.string(), z.unknown()) });

/**
 * 406 unless the caller accepts the media type of a successful answer. Also checks that the answer has this media type,
 * because the validator would accept others.
 */
const acceptable: RequestHandler = (req, res, next) => {
  const offered = successTypes(req);
  if (offered.length > 0 && req.accepts(offered) === false) {
    throw notAcceptable(
      `This call answers in ${offered.join(" or ")}; Accept asks for ${req.get("Accept") ?? "nothing"}.`,
    );
  }
  const json = res.json.bind(res);
  res.json = (body) => {
    const type = String(res.getHeader("Content-Type")).replace(/(?<! ) *;.*/, "");
    if (!offered.includes(type)) {
      throw internalError(`The emulator answered in ${type}; its OpenAPI document says ${offered.join(" or ")}.`);
    }
    return json(body);
  };
  next();
};

function successTypes(req: Request): string[] {
  const { success, data } = operation.safeParse("openapi" in req ? req.openapi : undefined);
  return success
    ? Object.entries(data.schema.responses).flatMap(([status, { content }]) =>
        status.startsWith("2") ? Object.keys(content ?? {}) : [],
      )
    : [];
}
