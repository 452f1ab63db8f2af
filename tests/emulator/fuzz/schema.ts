import fc from "fast-check";
import { z } from "zod";

type Json = z.core.util.JSONType;

/** What is read of a schema of OpenAPI; the rest says nothing about values. */
export interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly pattern?: string | undefined;
  readonly enum?: readonly Json[] | undefined;
  readonly nullable?: boolean | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly items?: Schema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
}

export const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    enum: z.array(z.json()).optional(),
    nullable: z.boolean().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    items: schema.optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), schema).optional(),
    allOf: z.array(schema).optional(),
    oneOf: z.array(schema).optional(),
  }),
);

/** Looks up `#/components/schemas/…`. */
export type Resolve = (reference: string) => Schema;

/** Stands in a value for nesting that no serialiser survives; see {@link jsonText}. */
const DEEP = "@@deep@@";
const DEPTH = 20_000;

/** Values that fit a schema. Ids that are known to the server come often, so that calls get behind the 404. */
export function fitting(of: Schema, resolve: Resolve, known: () => readonly string[]): fc.Arbitrary<Json> {
  if (of.$ref !== undefined) return fitting(resolve(of.$ref), resolve, known);
  const values = plain(of, resolve, known);
  return of.nullable === true
    ? fc.oneof({ weight: 8, arbitrary: values }, { weight: 1, arbitrary: fc.constant(null) })
    : values;
}

function plain(of: Schema, resolve: Resolve, known: () => readonly string[]): fc.Arbitrary<Json> {
  if (of.enum !== undefined) return fc.constantFrom(...of.enum);
  if (of.oneOf !== undefined) return fc.oneof(...of.oneOf.map((each) => fitting(each, resolve, known)));
  if (of.allOf !== undefined) {
    return fc
      .tuple(...of.allOf.map((each) => fitting(each, resolve, known)))
      .map((parts) => Object.assign({}, ...parts.filter((part) => typeof part === "object")));
  }
  switch (of.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return fc.integer({ min: of.minimum ?? -5, max: Math.max(of.minimum ?? 0, of.maximum ?? 100_000) });
    case "array":
      return fc.array(of.items === undefined ? anything : fitting(of.items, resolve, known), { maxLength: 4 });
    case "object":
      return objects(of, resolve, known);
    default:
      return texts(of, known);
  }
}

function objects(of: Schema, resolve: Resolve, known: () => readonly string[]): fc.Arbitrary<Json> {
  const entries = Object.entries(of.properties ?? {}).map(
    ([name, each]) => [name, fitting(each, resolve, known)] as const,
  );
  const requiredKeys = (of.required ?? []).filter((name) => entries.some(([key]) => key === name));
  return fc.record(Object.fromEntries(entries), { requiredKeys, noNullPrototype: true });
}

function texts(
  { format, pattern, minLength = 0, maxLength = 60 }: Schema,
  known: () => readonly string[],
): fc.Arbitrary<string> {
  if (pattern === "^[0-9]+$") return fc.nat({ max: 2000 }).map(String);
  if (format === "date-time") {
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString());
  }
  const id = fc.nat().map((n) => known()[n % Math.max(1, known().length)] ?? "none");
  const words = fc.oneof(
    fc.string({ minLength, maxLength: Math.min(maxLength, 60), unit: "grapheme" }),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
    fc.constantFrom("/a/", "/b.txt", "DOCKER", "standard-small", "example.org"),
  );
  return fc.oneof({ weight: 3, arbitrary: id }, { weight: format === "uuid" ? 0 : 4, arbitrary: words }, fc.uuid());
}

const anything = fc.json().map((text): Json => JSON.parse(text));

/** Values that fit nothing. */
export const garbage: fc.Arbitrary<Json> = fc.oneof(
  anything,
  fc.string({ unit: "binary" }),
  fc.constantFrom<Json>(
    ...["\u0000", "\ud800", "../../etc/passwd", "a/../..", "%2e%2e%2f", "'\"<>&;`$(id)", "\u202etxt.exe", DEEP],
    ...[-1, 2 ** 53, 1e308, 0.1, null, true, [], {}],
    ...[[[]], { toString: 1 }, { length: 1e9 }, { $ref: "#" }],
  ),
  fc.integer({ min: 300, max: 200_000 }).map((length) => "x".repeat(length)),
  fc.constantFrom("__proto__", "constructor", "hasOwnProperty").map((name) => JSON.parse(`{"${name}":{"polluted":1}}`)),
);

/** A value with one thing wrong with it: something replaced, left out, or added. */
export function spoilt(values: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .tuple(values, fc.nat({ max: 1000 }), garbage, fc.constantFrom("replace", "remove", "add"))
    .map(([value, where, other, how]) => {
      const copy: Json = JSON.parse(JSON.stringify(value));
      const places = placesOf(copy);
      const place = places[where % Math.max(1, places.length)];
      if (place === undefined) return other;
      const { parent, key } = place;
      if (how === "remove" && !Array.isArray(parent)) Reflect.deleteProperty(parent, key);
      else
        Object.defineProperty(parent, how === "add" ? "added" : key, {
          value: other,
          enumerable: true,
          writable: true,
        });
      return copy;
    });
}

function placesOf(value: Json): { parent: object; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ parent: value, key }, ...placesOf(child)]);
}

/** The text of a value, deeper than `JSON.stringify` could write it where {@link garbage} says so. */
export function jsonText(value: Json): string {
  return JSON.stringify(value).replaceAll(JSON.stringify(DEEP), "[".repeat(DEPTH) + "]".repeat(DEPTH));
}
