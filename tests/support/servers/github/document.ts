import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/**
 * GitHub's own OpenAPI document (npm package @octokit/openapi), cut down to some calls. The whole document has 13 MB, and
 * the validator would take a minute to compile it.
 */

const file = path.join(path.dirname(require.resolve("@octokit/openapi/package.json")), "generated/api.github.com.json");

const record = z.record(z.string(), z.unknown());
const wholeDocument = z.object({
  openapi: z.string(),
  info: record,
  paths: record,
  components: z.record(z.string(), record),
});

/** The document with these paths, and with the components that they refer to. Throws on a path that it does not have. */
export function githubDocument(paths: readonly string[]): z.infer<typeof wholeDocument> {
  const whole = wholeDocument.parse(JSON.parse(readFileSync(file, "utf8"), typedNullable));
  const kept: Record<string, unknown> = {};
  for (const each of paths) {
    if (whole.paths[each] === undefined) throw new Error(`GitHub's document has no path ${each}.`);
    kept[each] = whole.paths[each];
  }
  const components: Record<string, Record<string, unknown>> = {};
  const open: unknown[] = [kept];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const reference of referencesIn(next)) {
      const [kind = "", name = ""] = reference.replace("#/components/", "").split("/");
      if (components[kind]?.[name] !== undefined) continue;
      const component = whole.components[kind]?.[name];
      if (component === undefined) throw new Error(`GitHub's document refers to ${reference}, which it does not have.`);
      components[kind] = { ...components[kind], [name]: component };
      // Examples are for people, and some of them refer to large ones.
      if (kind !== "examples") open.push(component);
    }
  }
  return { openapi: whole.openapi, info: whole.info, paths: kept, components };
}

/** The validator refuses `nullable` beside alternatives without a type, and the document has some. This project sends no null. */
function typedNullable(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("nullable" in value) || "type" in value) return value;
  const { nullable: _, ...rest } = value;
  return rest;
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : referencesIn(inner),
  );
}
