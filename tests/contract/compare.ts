/** JSON as read from a YAML file. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Obj = { [key: string]: Json };

/** Something in our document that the official one does not bear out. */
export interface Finding {
  /** Where in our document, for example `POST /api/tokens › response 200 › application/json › schema › token`. */
  readonly place: string;
  readonly reason: string;
}

const METHODS = ["get", "put", "post", "delete", "patch"];

/** What a schema says of a value that must be the same on both sides. */
const CONSTRAINTS = [
  "type",
  "format",
  "nullable",
  "enum",
  "minLength",
  "maxLength",
  "pattern",
  "minimum",
  "maximum",
  "default",
];

/**
 * Compares our document with the official one. Ours may leave out calls, optional parameters and optional properties; what
 * it has must be there and be the same, and what is required there must be in ours.
 */
export function compareDocuments(ours: Json, theirs: Json): Finding[] {
  return new Comparison(obj(ours), obj(theirs)).run();
}

class Comparison {
  readonly #findings: Finding[] = [];

  constructor(
    readonly ours: Obj,
    readonly theirs: Obj,
  ) {}

  run(): Finding[] {
    this.#same("servers", urls(this.ours), urls(this.theirs));
    this.#same("security", this.ours.security, this.theirs.security);
    for (const [path, item] of entries(this.ours.paths)) {
      for (const method of METHODS.filter((candidate) => candidate in obj(item))) {
        this.#operation(`${method.toUpperCase()} ${path}`, path, method);
      }
    }
    const [ourParts, theirParts] = [obj(this.ours.components), obj(this.theirs.components)];
    for (const [name, schema] of entries(ourParts.schemas)) {
      this.#schema(`schema ${name}`, schema, obj(theirParts.schemas)[name]);
    }
    for (const [name, scheme] of entries(ourParts.securitySchemes)) {
      this.#same(`security scheme ${name}`, scheme, obj(theirParts.securitySchemes)[name]);
    }
    return this.#findings;
  }

  #operation(place: string, path: string, method: string): void {
    const [ourItem, theirItem] = [obj(obj(this.ours.paths)[path]), obj(obj(this.theirs.paths)[path])];
    const [our, their] = [obj(ourItem[method]), theirItem[method]];
    if (their === undefined) {
      this.#find(place, "is not a documented call");
      return;
    }
    const documented = obj(their);
    this.#same(`${place} › operationId`, our.operationId, documented.operationId);
    // One of these schemes is enough for us; each that we name must be good for the call.
    for (const scheme of list(our.security)) {
      if (!list(documented.security).some((known) => equal(known, scheme))) {
        this.#find(`${place} › security`, `${JSON.stringify(scheme)} is not documented`);
      }
    }
    this.#same(`${place} › security is its own`, our.security !== undefined, documented.security !== undefined);
    this.#parameters(place, parametersOf(this.ours, ourItem, our), parametersOf(this.theirs, theirItem, documented));
    this.#body(place, our.requestBody, documented.requestBody);
    for (const [status, response] of entries(our.responses)) {
      const at = `${place} › response ${status}`;
      const known = obj(documented.responses)[status];
      if (known === undefined) {
        this.#find(at, "is not documented");
        continue;
      }
      const [mine, official] = [obj(resolve(this.ours, response)), obj(resolve(this.theirs, known))];
      this.#content(at, mine.content, official.content);
      for (const [name, header] of entries(mine.headers)) {
        const officialHeader = obj(official.headers ?? {})[name];
        const schemaOf = (document: Obj, value: Json) => obj(resolve(document, value)).schema;
        this.#schema(
          `${at} › header ${name}`,
          schemaOf(this.ours, header) ?? {},
          officialHeader === undefined ? undefined : schemaOf(this.theirs, officialHeader),
        );
      }
    }
    for (const status of Object.keys(obj(documented.responses))) {
      if (!(status in obj(our.responses))) {
        this.#find(`${place} › response ${status}`, "is documented and missing here");
      }
    }
  }

  #parameters(place: string, ours: Map<string, Obj>, theirs: Map<string, Obj>): void {
    for (const [key, parameter] of ours) {
      const at = `${place} › parameter ${key}`;
      const known = theirs.get(key);
      if (known === undefined) {
        this.#find(at, "is not documented, or not there");
        continue;
      }
      this.#same(`${at} › required`, parameter.required ?? false, known.required ?? false);
      this.#schema(`${at} › schema`, parameter.schema ?? {}, known.schema);
    }
    for (const [key, { required }] of theirs) {
      if (required === true && !ours.has(key)) {
        this.#find(`${place} › parameter ${key}`, "is required and missing here");
      }
    }
  }

  #body(place: string, ours: Json | undefined, theirs: Json | undefined): void {
    const at = `${place} › body`;
    if (ours === undefined || theirs === undefined) {
      this.#same(`${at} › is there`, ours !== undefined, theirs !== undefined);
      return;
    }
    const [mine, official] = [obj(resolve(this.ours, ours)), obj(resolve(this.theirs, theirs))];
    this.#same(`${at} › required`, mine.required ?? false, official.required ?? false);
    this.#content(at, mine.content, official.content);
  }

  #content(place: string, ours: Json | undefined, theirs: Json | undefined): void {
    const [mine, official] = [obj(ours ?? {}), obj(theirs ?? {})];
    this.#same(`${place} › media types`, Object.keys(mine).sort(), Object.keys(official).sort());
    for (const [type, media] of Object.entries(mine)) {
      if (type in official) {
        this.#schema(`${place} › ${type}`, obj(media).schema ?? {}, obj(official[type]).schema);
      }
    }
  }

  #schema(place: string, ours: Json, theirs: Json | undefined, seen: readonly Json[] = []): void {
    if (theirs === undefined) {
      this.#find(place, "is not documented");
      return;
    }
    const [mine, official] = [obj(resolve(this.ours, ours)), obj(resolve(this.theirs, theirs))];
    if (seen.includes(mine)) {
      return;
    }
    const inside = [...seen, mine];
    for (const name of CONSTRAINTS) {
      this.#same(`${place} › ${name}`, constraint(name, mine[name]), constraint(name, official[name]));
    }
    this.#same(`${place} › required`, list(mine.required).sort(), list(official.required).sort());
    for (const [name, property] of entries(mine.properties)) {
      this.#schema(`${place} › ${name}`, property, obj(official.properties ?? {})[name], inside);
    }
    for (const name of ["items", "additionalProperties"]) {
      const nested = mine[name];
      if (nested !== undefined) {
        this.#schema(`${place} › ${name}`, nested, official[name], inside);
      } else {
        this.#same(`${place} › ${name} is there`, false, official[name] !== undefined);
      }
    }
  }

  #same(place: string, ours: Json | undefined, theirs: Json | undefined): void {
    if (!equal(ours, theirs)) {
      this.#find(place, `is ${JSON.stringify(ours)} here and ${JSON.stringify(theirs)} in the official document`);
    }
  }

  #find(place: string, reason: string): void {
    this.#findings.push({ place, reason });
  }
}

/** A constraint in the form in which it can be compared: an empty one is none, an enumeration has no order. */
function constraint(name: string, value: Json | undefined): Json | undefined {
  if ((name === "minLength" && value === 0) || (name === "nullable" && value === false)) {
    return undefined;
  }
  return Array.isArray(value) ? [...value].sort() : value;
}

function parametersOf(document: Obj, item: Obj, operation: Obj): Map<string, Obj> {
  const all = [...list(item.parameters), ...list(operation.parameters)].map((each) => obj(resolve(document, each)));
  return new Map(all.map((parameter) => [`${parameter.name} in ${parameter.in}`, parameter]));
}

function urls(document: Obj): Json {
  return list(document.servers).map((server) => obj(server).url ?? null);
}

/** What a reference points at; everything else as it is. */
function resolve(document: Obj, value: Json): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value) || typeof value.$ref !== "string") {
    return value;
  }
  const found = value.$ref
    .replace(/^#\//, "")
    .split("/")
    .reduce<Json | undefined>((here, step) => (here === undefined ? undefined : obj(here)[step]), document);
  if (found === undefined) {
    throw new Error(`${value.$ref} points at nothing`);
  }
  return resolve(document, found);
}

function obj(value: Json | undefined): Obj {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`expected an object, found ${JSON.stringify(value)}`);
  }
  return value;
}

function entries(value: Json | undefined): [string, Json][] {
  return Object.entries(obj(value ?? {}));
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? [...value] : [];
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || canonical(a) === canonical(b);
}

function canonical(value: Json | undefined): string | undefined {
  return JSON.stringify(value, (_key, nested: Json) =>
    typeof nested === "object" && nested !== null && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}
