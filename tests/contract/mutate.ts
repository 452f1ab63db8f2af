import type { Json } from "./compare";

/** One change of a document that makes it wrong. */
export interface Mutation {
  readonly what: string;
  readonly document: Json;
}

type Step = string | number;

/** Keys under which a change makes a call, a parameter or a schema another one. */
const TEXTS = new Set(["type", "format", "name", "in", "pattern", "operationId", "url", "bearerFormat", "scheme"]);
const NUMBERS = new Set(["minLength", "maxLength", "minimum"]);
const FLAGS = new Set(["required", "nullable"]);
const LISTS = new Set(["required", "enum"]);
/** Keys of these objects are names: of a path, a media type, a status, a property. */
const NAMED = new Set(["paths", "content", "properties", "responses", "headers", "schemas", "securitySchemes"]);
/** Ours alone: they tell the validator how to read a request. */
const OWN = new Set([
  "allowReserved",
  "allowEmptyValue",
  "description",
  "summary",
  "tags",
  "info",
  "deprecated",
  "openapi",
]);

/** Every small fault that can be made in a document, one at a time. */
export function* mutations(document: Json): Generator<Mutation> {
  for (const { path, key, value } of walk(document, [])) {
    const what = [...path, key].join(" › ");
    const parent = path.at(-1);
    const inNamed = typeof parent === "string" && NAMED.has(parent);
    const change = (next: Json): Mutation => ({ what, document: replaced(document, [...path, key], next) });
    if (inNamed && typeof key === "string") {
      yield {
        what: `${what} renamed`,
        document: renamed(document, path, key, parent === "responses" ? "299" : `${key}X`),
      };
    }
    if (inNamed) {
      continue;
    }
    if (TEXTS.has(String(key)) && typeof value === "string") {
      yield change(`${value}X`);
    } else if (NUMBERS.has(String(key)) && typeof value === "number") {
      yield change(value + 1);
    } else if (FLAGS.has(String(key)) && typeof value === "boolean") {
      yield change(!value);
    } else if (LISTS.has(String(key)) && Array.isArray(value)) {
      yield change([...value, "another"]);
      yield change(value.slice(1));
    }
  }
}

function* walk(value: Json, path: readonly Step[]): Generator<{ path: readonly Step[]; key: Step; value: Json }> {
  if (typeof value !== "object" || value === null) {
    return;
  }
  for (const [name, nested] of Object.entries(value)) {
    const key = Array.isArray(value) ? Number(name) : name;
    // A property may be called like a keyword.
    if (OWN.has(name) && path.at(-1) !== "properties") {
      continue;
    }
    yield { path, key, value: nested };
    yield* walk(nested, [...path, key]);
  }
}

function replaced(document: Json, path: readonly Step[], next: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) {
    return next;
  }
  if (Array.isArray(document)) {
    return document.map((item, index) => (index === step ? replaced(item, rest, next) : item));
  }
  const object = typeof document === "object" && document !== null ? document : {};
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, key === step ? replaced(value, rest, next) : value]),
  );
}

function renamed(document: Json, path: readonly Step[], from: string, to: string): Json {
  let holder: Json | undefined = document;
  for (const step of path) {
    holder =
      typeof holder === "object" && holder !== null
        ? Object.entries(holder).find(([key]) => key === String(step))?.[1]
        : undefined;
  }
  const object = typeof holder === "object" && holder !== null && !Array.isArray(holder) ? holder : {};
  return replaced(
    document,
    path,
    Object.fromEntries(Object.entries(object).map(([key, value]) => [key === from ? to : key, value])),
  );
}
