import { z } from "zod";

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.unknown()),
});

type Node = Readonly<Record<string, unknown>>;

const methods = ["get", "put", "post", "patch", "delete"];

/** How many levels deep doctor follows fields into a schema. A schema can contain itself. */
const deepest = 8;

/**
 * How many schemas doctor visits for one body. In a malicious document, schemas can contain each other in exponentially
 * many ways.
 */
const mostSchemas = 10_000;

/** One call of a document. */
export interface Operation {
  /** Names of the header parameters, in lower case. */
  readonly headers: ReadonlySet<string>;
  /** The fields of the request and of a successful response: path of each field → its schema. */
  readonly request: ReadonlyMap<string, Field>;
  readonly answer: ReadonlyMap<string, Field>;
}

/** A field of a body. */
export interface Field {
  /** Whether the field and all its parents are always present. */
  readonly required: boolean;
  /** The allowed values, if the document lists them. */
  readonly values: readonly string[] | undefined;
}

/** How much further a schema may be followed. */
interface Room {
  readonly depth: number;
  readonly left: { schemas: number };
}

/** The parts of an OpenAPI document that doctor reads: its calls, with their headers and fields. */
export class ApiDocument {
  readonly #root: Node;
  readonly #operations: ReadonlyMap<string, Node>;

  private constructor(root: Node, paths: Node) {
    this.#root = root;
    const operations = new Map<string, Node>();
    for (const [path, item] of Object.entries(paths)) {
      for (const method of methods.filter((each) => each in node(item))) {
        operations.set(callOf(method, path), { shared: node(item).parameters, ...node(node(item)[method]) });
      }
    }
    this.#operations = operations;
  }

  /** Returns undefined unless the value is an OpenAPI document. */
  static from(value: unknown): ApiDocument | undefined {
    const parsed = documentSchema.safeParse(value);
    if (!parsed.success || !("openapi" in parsed.data || "swagger" in parsed.data)) {
      return undefined;
    }
    return new ApiDocument(parsed.data, parsed.data.paths);
  }

  /** Every call in the form of {@link callOf}. */
  get calls(): string[] {
    return [...this.#operations.keys()];
  }

  operation(call: string): Operation | undefined {
    const operation = this.#operations.get(call);
    if (operation === undefined) {
      return undefined;
    }
    const parameters = [...list(operation.shared), ...list(operation.parameters)].map((each) => this.#resolved(each));
    const success = Object.entries(node(operation.responses)).find(([status]) => status.startsWith("2"))?.[1];
    return {
      headers: new Set(parameters.filter((each) => each.in === "header").map(({ name }) => String(name).toLowerCase())),
      request: this.#body(operation.requestBody),
      answer: this.#body(success),
    };
  }

  #body(holder: unknown): Map<string, Field> {
    const fields = new Map<string, Field>();
    const [content] = Object.values(node(this.#resolved(holder).content));
    this.#collect(node(content).schema, "", true, fields, { depth: deepest, left: { schemas: mostSchemas } });
    return fields;
  }

  #collect(schema: unknown, at: string, required: boolean, into: Map<string, Field>, { depth, left }: Room): void {
    if (depth === 0 || left.schemas-- <= 0) {
      return;
    }
    const deeper = { depth: depth - 1, left };
    const { properties, items, allOf, oneOf, anyOf, required: always } = this.#resolved(schema);
    for (const part of [...list(allOf), ...list(oneOf), ...list(anyOf)]) {
      this.#collect(part, at, required, into, deeper);
    }
    if (items !== undefined) {
      this.#collect(items, at, required, into, deeper);
    }
    for (const [name, inner] of Object.entries(node(properties))) {
      const path = at === "" ? name : `${at}.${name}`;
      const values = list(this.#resolved(inner).enum).filter((value) => typeof value === "string");
      const sure = required && list(always).includes(name);
      into.set(path, { required: sure, values: values.length === 0 ? undefined : values });
      this.#collect(inner, path, sure, into, deeper);
    }
  }

  /** The target of a reference. References to other files resolve to nothing. */
  #resolved(value: unknown, hops = 10): Node {
    const { $ref } = node(value);
    if (typeof $ref !== "string" || hops === 0) {
      return node(value);
    }
    const keys = $ref.startsWith("#/") ? $ref.slice(2).split("/") : [];
    const target = keys.reduce<unknown>((at, key) => node(at)[unescaped(key)], this.#root);
    return keys.length === 0 ? {} : this.#resolved(target, hops - 1);
  }
}

/** The name of a call, independent of the names of its parameters: `GET /api/projects/{}/workspaces`. */
function callOf(method: string, path: string): string {
  // A document can have the prefix in its paths instead of in `servers`.
  return `${method.toUpperCase()} ${path.replace(/^\/ica\/rest(?=\/)/, "").replace(/\{[^{}]*\}/g, "{}")}`;
}

function unescaped(key: string): string {
  return decoded(key).replaceAll("~1", "/").replaceAll("~0", "~");
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch (error) {
    // The key contains a percent sign that does not start an escape.
    if (error instanceof URIError) {
      return key;
    }
    throw error;
  }
}

function node(value: unknown): Node {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
