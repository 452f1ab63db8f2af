import { z } from "zod";
import type { CheckFailure } from "../handler";
import { mayShow } from "./display-failures";
import { parseDuration } from "./duration";
import { misspelt } from "./misspelt";
import { unseenCharacter } from "./text";
import { fromEngine, type MaybeWithin, toEngine, touchesUnknown, unknownPaths } from "./unknown";

/** Helpers that the inputs of both resources share. */

/** A duration such as `45m`. */
const durationSchema = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, { error: "must be a length of time such as 90s, 45m or 1h30m" });

export const timeoutsSchema = z.strictObject({
  create: durationSchema.optional(),
  update: durationSchema.optional(),
  delete: durationSchema.optional(),
});

export type Timeouts = z.infer<typeof timeoutsSchema>;

/** The time limit of a step in milliseconds: the declared one, else the default. */
export function timeoutMs(timeouts: Timeouts | undefined, step: keyof Timeouts, byDefault: string): number {
  const ms = parseDuration(timeouts?.[step] ?? byDefault);
  if (ms === undefined) {
    throw new Error(`timeouts.${step} is not a length of time: ${timeouts?.[step]}`);
  }
  return ms;
}

export const accessSchema = z.strictObject({ web: z.boolean().default(false), console: z.boolean().default(false) });

/** Whether the key belongs to the machinery and not to the user. */
function isInternal(key: string): boolean {
  return key.startsWith("__");
}

/** The user's declaration, without the machinery's keys. */
function declared(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).filter(([key, value]) => !isInternal(key) && value !== undefined && value !== null),
  );
}

/** The fields of a resource's inputs, each with its schema. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** The checked values of a shape. */
export type InputsOf<S extends Shape> = z.output<z.ZodObject<S>>;

/**
 * Checks the declared values field by field, fills in defaults, and reports each problem at its property. An unknown value
 * counts as valid and stays unchanged.
 */
export function parseInputs<S extends Shape>(
  shape: S,
  args: Readonly<Record<string, unknown>>,
): { inputs: MaybeWithin<InputsOf<S>>; failures: CheckFailure[] } {
  const values = declared(args);
  const inputs: Record<string, unknown> = {};
  const failures: CheckFailure[] = Object.keys(values)
    .filter((key) => !(key in shape))
    .map((key) => ({ property: propertyPath([key]), reason: misspelt(key, Object.keys(shape)) }));
  for (const [key, schema] of Object.entries(shape)) {
    const value = values[key];
    // Schemas of texts take an unknown value as a text; all other schemas refuse it, and the problem is dropped below.
    const parsed = schema.safeParse(toEngine(value));
    if (parsed.success) {
      inputs[key] = fromEngine(parsed.data);
    } else {
      inputs[key] = value;
      const unknowns = unknownPaths(value, [key]);
      failures.push(
        ...parsed.error.issues
          .flatMap((issue) => problemsOf(issue, key, schema, value))
          .filter(({ path }) => !touchesUnknown(path.join("."), unknowns))
          .map(({ path, reason }) => ({ property: propertyPath(path), reason })),
      );
    }
    if (inputs[key] === undefined) {
      delete inputs[key];
    }
  }
  // If there are failures, values of another type remain, and the engine does not use the inputs.
  return { inputs: inputs as MaybeWithin<InputsOf<S>>, failures };
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

function problemsOf(issue: z.core.$ZodIssue, key: string, schema: z.ZodType, value: unknown): Problem[] {
  const path = [key, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((extra) => ({
      path: [...path, extra],
      reason: misspelt(extra, knownKeys(schema, issue.path)),
    }));
  }
  const given = valueAt(value, issue.path);
  if (given === undefined) {
    return [{ path, reason: "is required" }];
  }
  const plainType = issue.code === "invalid_type" && issue.message.startsWith("Invalid input");
  const reason = plainType ? `must be ${kinds[issue.expected] ?? issue.expected}` : issue.message;
  return [{ path, reason: `${reason}${plainType || mayShow(path) ? `; it is ${inWords(given, path)}` : ""}` }];
}

/** The given value if it may be shown and is short, otherwise its type. */
function inWords(value: unknown, path: readonly PropertyKey[]): string {
  const isShort = typeof value === "string" && value.length <= 40 && unseenCharacter(value) === undefined;
  if (mayShow(path) && (isShort || typeof value === "number" || typeof value === "boolean")) {
    return JSON.stringify(value) ?? String(value);
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return kinds[value === null ? "null" : typeof value] ?? typeof value;
}

/** The keys that a schema accepts at a path. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const step of path) {
    at = at instanceof z.ZodObject ? at.shape[String(step)] : undefined;
  }
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault) {
    at = at.unwrap();
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** Names of the JSON types, for schemas without a description of their own. */
const kinds: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  int: "a whole number",
  null: "nothing",
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** A path as programs write it: `build.context`, `allowedUrls[0]`. A name with invisible characters is quoted. */
function propertyPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : `${i === 0 ? "" : "."}${seen(String(step))}`))
    .join("");
}

function seen(name: string): string {
  if (unseenCharacter(name) === undefined && name.length <= 100) {
    return name;
  }
  return JSON.stringify(name.slice(0, 100)).replace(
    /[^ -~]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
