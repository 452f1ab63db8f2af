import { readFileSync } from "node:fs";
import path from "node:path";
import { type RequestHandler, Router } from "express";
import { parse } from "yaml";
import { z } from "zod";
import { openapiFolder } from "../package-root";

/**
 * The path of the emulator's own OpenAPI document, readable from this machine without a key. It is below ICA's Swagger
 * page (/ica/api/swagger); the document's path at ICA is not documented.
 */
export const openapiPath = "/ica/api/swagger/openapi.json";

const document = z.looseObject({
  paths: z.record(z.string(), z.unknown()),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});

type Document = z.infer<typeof document>;

/** One document of all served calls: openapi/ica.yaml, and with `workspaces` also openapi/workspaces.yaml. */
export function openApiDocument(workspaces: boolean): Document {
  const documented = read("ica.yaml");
  return workspaces ? merged(documented, read("workspaces.yaml")) : documented;
}

/** Serves the document at {@link openapiPath}. */
export function openApiRoute(workspaces: boolean): Router {
  let text: string | undefined;
  const answer: RequestHandler = (_req, res) => {
    text ??= JSON.stringify(openApiDocument(workspaces));
    res.status(200).type("application/json").send(text);
  };
  return Router().get(openapiPath, answer);
}

function read(name: string): Document {
  return document.parse(parse(readFileSync(path.join(openapiFolder(), name), "utf8")));
}

/** Merges both documents. Components of the same name stay separate: those of the second document get new names. */
function merged(first: Document, second: Document): Document {
  const taken = (kind: string, name: string) => name in (first.components[kind] ?? {});
  const renamed = document.parse(
    JSON.parse(JSON.stringify(second), (key, value: unknown) => {
      const [, kind = "", name = ""] =
        key === "$ref" && typeof value === "string" ? (/^#\/components\/(\w+)\/(\w+)$/.exec(value) ?? []) : [];
      return taken(kind, name) ? `#/components/${kind}/${prefixed(name)}` : value;
    }),
  );
  const components = { ...first.components };
  for (const [kind, parts] of Object.entries(renamed.components)) {
    const own = Object.entries(parts)
      // Security schemes are referenced by bare name and are the same in both documents.
      .filter(([name]) => kind !== "securitySchemes" || !taken(kind, name))
      .map(([name, part]) => [taken(kind, name) ? prefixed(name) : name, part] as const);
    components[kind] = { ...components[kind], ...Object.fromEntries(own) };
  }
  return { ...first, paths: { ...first.paths, ...renamed.paths }, components };
}

function prefixed(name: string): string {
  return `WorkspaceCalls${name}`;
}
