import fc from "fast-check";
import { z } from "zod";
import { fitting, garbage, jsonText, type Resolve, type Schema, schema, spoilt } from "./schema";
import type { WireRequest } from "./wire";

const parameter = z.looseObject({
  $ref: z.string().optional(),
  name: z.string().optional(),
  in: z.string().optional(),
  required: z.boolean().optional(),
  schema: schema.optional(),
});
type Parameter = z.infer<typeof parameter>;

const operation = z.looseObject({
  parameters: z.array(parameter).optional(),
  requestBody: z
    .looseObject({ content: z.record(z.string(), z.looseObject({ schema: schema.optional() })) })
    .optional(),
});

const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/** One call of the documents. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Media type → schema of the body. */
  readonly bodies: Readonly<Record<string, Schema>>;
  readonly resolve: Resolve;
}

/** Every operation of an OpenAPI document. */
export function operationsOf(json: unknown): Operation[] {
  const { paths, components } = document.parse(json);
  const part = (reference: string) => {
    const [, , kind = "", name = ""] = reference.split("/");
    return components[kind]?.[name];
  };
  const resolve: Resolve = (reference) => schema.parse(part(reference));
  const parameters = (list: unknown) =>
    z
      .array(parameter)
      .parse(list ?? [])
      .map((each) => (each.$ref === undefined ? each : parameter.parse(part(each.$ref))));
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => ["get", "put", "post", "delete", "patch"].includes(method))
      .map(([method, found]) => {
        const parsed = operation.parse(found);
        const content = Object.entries(parsed.requestBody?.content ?? {});
        return {
          method: method.toUpperCase(),
          path,
          parameters: [...parameters(item.parameters), ...parameters(parsed.parameters)],
          bodies: Object.fromEntries(content.map(([type, { schema: of }]) => [type, of ?? {}])),
          resolve,
        };
      }),
  );
}

/** What a caller knows of the server. */
export interface Knowledge {
  /** Ids that exist, also of things that were made meanwhile. */
  readonly ids: () => readonly string[];
  readonly host: string;
  readonly projectId: string;
  readonly apiKey: string;
  readonly token: string;
  /** What the paths of the documents are below. */
  readonly base: string;
}

type Pair = readonly [string, string];

/** Mostly one value, sometimes one of the others: a request that is wrong in everything only meets the first check. */
function mostly<T>(usual: fc.Arbitrary<T>, ...seldom: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12 * seldom.length, arbitrary: usual }, ...seldom);
}

const wild = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", "%", "%zz", "%00", "%ff", "..", "%2e%2e%2f", "//", "a;b", "\\", "*", ":start", "\u2603", "null"),
);
/** Percent-encoded; half a character of UTF-16, which has no encoding, becomes a question mark of Unicode. */
const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString());
const sizes = fc.constantFrom(300, 9000, 40_000);

/** Requests for an operation: right ones, ones that are wrong in one thing or two, and heaps of rubbish. */
export function requestsFor(of: Operation, knowledge: Knowledge): fc.Arbitrary<WireRequest> {
  return fc
    .record({
      method: mostly(
        fc.constant(of.method),
        fc.constantFrom(
          "GET",
          "PUT",
          "POST",
          "DELETE",
          "PATCH",
          "OPTIONS",
          "HEAD",
          "TRACE",
          "PROPFIND",
          "get",
          "NONSENSE",
        ),
      ),
      target: targets(of, knowledge),
      headers: headers(of, knowledge),
      body: bodies(of, knowledge),
      framing: mostly(
        fc.constant<WireRequest["framing"]>("length"),
        fc.constantFrom<WireRequest["framing"]>("chunked", "cut", "badChunks", "both"),
      ),
    })
    .map(({ body, ...rest }) => (body === undefined ? rest : { ...rest, body }));
}

function targets(of: Operation, { base, projectId, ids }: Knowledge): fc.Arbitrary<string> {
  const id = fc.nat().map((n) => ids()[n % Math.max(1, ids().length)] ?? "none");
  const segment = (name: string) =>
    mostly(
      name === "projectId" ? fc.constant(projectId) : id,
      id,
      wild.map((text) => (text.includes("%") ? text : encoded(text))),
      wild.map((text) => text.replace(/[\s?#]/g, "")),
      sizes.map((length) => "a".repeat(length)),
    );
  const names = [...of.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const path = fc
    .tuple(...names.map((name) => segment(name)))
    .map((values) =>
      names.reduce((text, name, index) => text.replace(`{${name}}`, () => values[index] ?? ""), of.path),
    );
  return fc
    .tuple(
      mostly(fc.constant(base), fc.constantFrom("", "/ica", `${base}/`, "/s3", "*", "http://127.0.0.1/x")),
      path,
      queries(of, ids),
    )
    .map(([prefix, text, query]) => `${prefix}${text}${query}`);
}

function queries(of: Operation, ids: Knowledge["ids"]): fc.Arbitrary<string> {
  const value = (each: Parameter) =>
    fc.oneof(
      fitting(each.schema?.items ?? each.schema ?? {}, of.resolve, ids).map((json) => String(json)),
      garbage.map((json) => jsonText(json).slice(0, 12_000)),
      wild,
    );
  const pairs = of.parameters
    .filter((each) => each.in === "query")
    .map((each) => fc.option(fc.tuple(fc.constant(each.name ?? ""), value(each)), { freq: 2 }));
  return fc
    .tuple(
      fc.tuple(...pairs),
      mostly(
        fc.constant(""),
        wild.map((text) => text.replace(/[\s#]/g, "")),
        fc.constant("pageSize=1&pageSize=2"),
      ),
    )
    .map(([found, raw]) => {
      const given = found.flatMap((pair) => (pair === null ? [] : [pair.map((text) => encoded(text)).join("=")]));
      const text = [...given, ...(raw === "" ? [] : [raw])].join("&");
      return text === "" ? "" : `?${text}`;
    });
}

/** Nothing that ends a header line, or it would be another request. */
const oneLine = (text: string) => text.replace(/[\r\n\0]/g, "");

function headers(of: Operation, { apiKey, token, host }: Knowledge): fc.Arbitrary<Pair[]> {
  const type = Object.keys(of.bodies)[0];
  const v4 = of.path.includes("dockerImages") || of.path.includes("workspaces");
  const version = v4 ? "application/vnd.illumina.v4+json" : "application/vnd.illumina.v3+json";
  const strange = fc.oneof(
    wild.map(oneLine),
    fc.constantFrom(
      ...[
        "application/json; charset=utf-16",
        "application/json; charset=klingon",
        "text/xml",
        "multipart/form-data; boundary=x",
      ],
      ...[
        "application/vnd.illumina.v4+json",
        "application/vnd.illumina.v3+json",
        "application/json",
        ";;;",
        "*/*",
        "a/b;q=x",
      ],
    ),
  );
  const auth = mostly<Pair[]>(
    fc.constant([["X-API-Key", apiKey]]),
    fc.constant([["Authorization", `Bearer ${token}`]]),
    fc.constant([]),
    wild.map((text): Pair[] => [["X-API-Key", oneLine(text)]]),
    wild.map((text): Pair[] => [["Authorization", `Bearer ${oneLine(text)}`]]),
    fc.constant<Pair[]>([["Authorization", "Basic dTpw"]]),
    fc.constant<Pair[]>([["Authorization", `Bearer ${token.slice(0, -3)}abc`]]),
    sizes.map((length): Pair[] => [["X-API-Key", "k".repeat(length)]]),
  );
  const named = (name: string, usual: string | undefined): fc.Arbitrary<Pair[]> =>
    mostly<Pair[]>(
      fc.constant(usual === undefined ? [] : [[name, usual]]),
      fc.constant([]),
      strange.map((text): Pair[] => [[name, text]]),
    );
  const optional = of.parameters
    .filter((each) => each.in === "header")
    .map((each) =>
      fc.oneof(
        fc.constant<Pair[]>([]),
        fc
          .oneof(fc.constantFrom("k1", "k2", "*", '"etag"'), wild.map(oneLine))
          .map((text): Pair[] => [[each.name ?? "", text]]),
      ),
    );
  const extra = mostly<Pair[]>(
    fc.constant([]),
    fc.constantFrom<Pair[]>(
      [["Content-Encoding", "gzip"]],
      [["Content-Encoding", "lzma"]],
      [["Expect", "100-continue"]],
      [["Expect", "the-unexpected"]],
      [["Upgrade", "websocket"]],
      [["X-HTTP-Method-Override", "DELETE"]],
      [["Cookie", "a=b; ".repeat(2000)]],
      [["Bad Header", "x"]],
      Array.from({ length: 1500 }, (_, n): Pair => [`X-H${n}`, "v"]),
    ),
    wild.map((text): Pair[] => [["X-Wild", oneLine(text)]]),
  );
  const address = mostly<Pair[]>(
    fc.constant([["Host", host]]),
    fc.constantFrom<Pair[]>(
      [],
      [["Host", "evil.example"]],
      [["Host", "[::1"]],
      [
        ["Host", host],
        ["Host", host],
      ],
    ),
  );
  return fc
    .tuple(address, auth, named("Content-Type", type), named("Accept", version), extra, ...optional)
    .map((lists) => lists.flat());
}

function bodies(of: Operation, { ids }: Knowledge): fc.Arbitrary<string | Buffer | undefined> {
  const [found] = Object.values(of.bodies);
  const values = found === undefined ? garbage : fitting(found, of.resolve, ids);
  const json = values.map(jsonText);
  return fc.oneof(
    { weight: found === undefined ? 1 : 6, arbitrary: json },
    { weight: 4, arbitrary: spoilt(values).map(jsonText) },
    { weight: 1, arbitrary: garbage.map(jsonText) },
    { weight: 1, arbitrary: fc.tuple(json, fc.nat()).map(([text, n]) => text.slice(0, n % (text.length + 1))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        `"${"x".repeat(1_100_000)}"`,
        `{"a":`.repeat(50_000),
        "[".repeat(200_000),
        "\ufeff{}",
        "NaN",
      ),
    },
    { weight: found === undefined ? 8 : 1, arbitrary: fc.constant(undefined) },
  );
}
