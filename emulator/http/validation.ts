import { readFileSync } from "node:fs";
import path from "node:path";
import type { Request, RequestHandler } from "express";
import { middleware } from "express-openapi-validator";
import { parse } from "yaml";
import { z } from "zod";
import { openapiFolder } from "../package-root";
import { internalError, notAcceptable, notServed } from "./problem";

/** Where both documents say that their calls are. */
export const REST_PATH = "/ica/rest";

const workspaceCall = /^\/ica\/rest\/api\/projects\/[^/]+\/workspaces(?:[/:]|$)/;

/**
 * Checks every request and every answer against the documents: openapi/workspaces.yaml for the (assumed) workspace
 * calls, openapi/ica.yaml for all others. What no document describes is refused. An answer of ours that disagrees becomes
 * a 500 problem that names the disagreement, so that no test passes over it. Without `workspaces` theirs are among the calls
 * that no document describes.
 */
export function validation({ workspaces = true }: { workspaces?: boolean } = {}): RequestHandler[] {
  const document = (name: string, ignorePaths: (path: string) => boolean): RequestHandler[] =>
    middleware({
      apiSpec: specification(name),
      // The default way of resolving references (bundle) loses those to parameters and some to schemas.
      $refParser: { mode: "dereference" },
      validateRequests: { allErrors: true },
      validateResponses: true,
      // auth.ts does it: one place for keys and tokens, before anything is told about a call.
      validateSecurity: false,
      ignorePaths,
      // No call takes files in a form.
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
 * A document as the validator gets it.
 *
 * - ICA's pattern for folder paths takes minutes to say that a text of some 100,000 characters does not end in a slash: it
 *   begins anew at each of them. The same without its beginning says so at once.
 * - The validator refuses `! $ ' ( ) * + , : ; = @ / ?` in a query value that is not percent-encoded, unless the document says
 *   `allowReserved`. RFC 3986 (section 3.4) allows them there, and clients do send them: encodeURIComponent keeps `!'()*`, a
 *   form writes a space as `+`. So every parameter of a query takes them.
 */
function specification(name: string): Specification {
  const text = readFileSync(path.join(openapiFolder(), name), "utf8");
  return parse(text, (key, value: unknown) => {
    if (key === "pattern" && value === ".*/$") return "/$";
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
 * Refuses actions that no document describes, as `/data/{dataId}:archive`. The validator would take `x:archive` for an id of
 * `/data/{dataId}`, and say of another method that it is not allowed there.
 */
function onlyServedActions(documents: readonly string[]): RequestHandler {
  const served = documents
    .flatMap((name) => Object.keys(paths.parse(specification(name)).paths))
    .map((path) => new RegExp(`^${REST_PATH}${path.replace(/[.]/g, "\\$&").replace(/\{\w+\}/g, "[^/:]+")}$`));
  return (req, _res, next) => {
    if (req.path.slice(req.path.lastIndexOf("/")).includes(":") && !served.some((path) => path.test(req.path))) {
      throw notServed(req);
    }
    next();
  };
}

const paths = z.object({ paths: z.record(z.string(), z.unknown()) });

/**
 * 406 unless the caller takes what a success of this call would be in. And the success must be in it: the validator would
 * let another media type pass.
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
