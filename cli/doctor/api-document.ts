import { z } from "zod";

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.unknown()),
});

type Node = Readonly<Record<string, unknown>>;

const methods = ["get", "put", "post", "patch", "delete"];

/** How deep fields are followed into a schema: a schema may hold itself. */
const deepest = 8;

/** One call of a document. */
export interface Operation {
  /** Names of its parameters in headers, small letters. */
  readonly headers: ReadonlySet<string>;
  /** What is sent, and what a success answers: path of each field → its schema. */
  readonly request: ReadonlyMap<string, Field>;
  readonly answer: ReadonlyMap<string, Field>;
}

/** A field of a body. */
export interface Field {
  /** Whether it, and all it lies in, is always there. */
  readonly required: boolean;
  /** The values it may have, where the document lists them. */
  readonly values: readonly string[] | undefined;
}

/** An OpenAPI document as far as doctor reads it: which calls there are, with which headers and fields. */
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

  /** Undefined when the value is no OpenAPI document. */
  static from(value: unknown): ApiDocument | undefined {
    const parsed = documentSchema.safeParse(value);
    if (!parsed.success || !("openapi" in parsed.data || "swagger" in parsed.data)) return undefined;
    return new ApiDocument(parsed.data, parsed.data.paths);
  }

  /** Every call in the form of {@link callOf}. */
  get calls(): string[] {
    return [...this.#operations.keys()];
  }

  operation(call: string): Operation | undefined {
    const operation = this.#operations.get(call);
    if (operation === undefined) return undefined;
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
    this.#collect(node(content).schema, "", true, fields, deepest);
    return fields;
  }

  #collect(schema: unknown, at: string, required: boolean, into: Map<string, Field>, depth: number): void {
    if (depth === 0) return;
    const { properties, items, allOf, oneOf, anyOf, required: always } = this.#resolved(schema);
    for (const part of [...list(allOf), ...list(oneOf), ...list(anyOf)])
      this.#collect(part, at, required, into, depth - 1);
    if (items !== undefined) this.#collect(items, at, required, into, depth - 1);
    for (const [name, inner] of Object.entries(node(properties))) {
      const path = at === "" ? name : `${at}.${name}`;
      const values = list(this.#resolved(inner).enum).filter((value) => typeof value === "string");
      const sure = required && list(always).includes(name);
      into.set(path, { required: sure, values: values.length === 0 ? undefined : values });
      this.#collect(inner, path, sure, into, depth - 1);
    }
  }

  /** What a reference leads to; references to other files lead nowhere. */
  #resolved(value: unknown, hops = 10): Node {
    const { $ref } = node(value);
    if (typeof $ref !== "string" || hops === 0) return node(value);
    const keys = $ref.startsWith("#/") ? $ref.slice(2).split("/") : [];
    const target = keys.reduce<unknown>((at, key) => node(at)[unescaped(key)], this.#root);
    return keys.length === 0 ? {} : this.#resolved(target, hops - 1);
  }
}

/** A call's name whatever its parameters are called: `GET /api/projects/{}/workspaces`. */
export function callOf(method: string, path: string): string {
  // A document may have the prefix in its paths instead of in `servers`.
  return `${method.toUpperCase()} ${path.replace(/^\/ica\/rest(?=\/)/, "").replace(/\{[^{}]*\}/g, "{}")}`;
}

function unescaped(key: string): string {
  return decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
}

function node(value: unknown): Node {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
