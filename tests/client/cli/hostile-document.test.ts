import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiDocument } from "../../../cli/doctor/api-document";
import { DocumentError, findDocument, readDocument } from "../../../cli/doctor/find-document";
import { parseDocument } from "../../../cli/doctor/parse-document";
import { drip, endless, gzipOfSpaces, RawServer } from "../../support/servers/raw-server";

describe("an OpenAPI document as it should be", () => {
  it("may have long blank lines and texts with brackets", () => {
    const text = `openapi: "3"\ninfo: "${"[".repeat(500)}"\n${" ".repeat(3000)}\npaths:\n  /a:${" ".repeat(3000)}\n    get: {}\n`;
    assert.deepEqual(ApiDocument.from(parseDocument(text))?.calls, ["GET /a"]);
  });
});

describe("an OpenAPI document that means harm", function () {
  this.timeout(60_000);
  let server: RawServer;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    server = await RawServer.start((request, response) => answer(request, response));
  });
  afterEach(() => server.close());

  const refused = (words: RegExp, timeoutMs?: number) =>
    assert.rejects(
      readDocument(`${server.url}/api.json`, timeoutMs),
      (error: unknown) => error instanceof DocumentError && words.test(error.message),
    );

  it("and has no end is not read on", async () => {
    let count = { given: 0 };
    answer = (_, response) => {
      count = endless(response.writeHead(200), Buffer.alloc(1024 * 1024, " "));
    };
    await refused(/api\.json cannot be read: it has more than 10 MB/);
    assert.ok(count.given < 50_000_000, `${count.given} bytes were read`);
    assert.equal(await findDocument(`${server.url}/ica/rest`), undefined);
  });

  it("and is large when it is no longer compressed is not read on", async () => {
    answer = (_, response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipOfSpaces(3));
    await refused(/it has more than 10 MB/);
  });

  it("and comes byte by byte is given up", async () => {
    answer = (_, response) => drip(response.writeHead(200), 50, Array(1000).fill(" "));
    await refused(/the answer was not over after 600 ms/, 300);
  });

  const nested = { "a list": "[", "an object": '{"a":' };
  for (const [what, opening] of Object.entries(nested))
    it(`and nests ${what} without end is rejected`, () => {
      const inside = opening.repeat(50_000);
      assert.equal(parseDocument(`{"openapi":"3","paths":${inside}`), undefined, "no JSON");
      const closed = opening === "[" ? `${inside}${"]".repeat(50_000)}` : `${inside}1${"}".repeat(50_000)}`;
      assert.equal(parseDocument(`{"openapi":"3","paths":{"/a":${closed}}}`), undefined, "JSON");
      // The parser itself would end the process here.
      assert.equal(parseDocument(`\n# YAML\n${closed}`), undefined, "YAML");
      assert.equal(parseDocument(`openapi: "3"\npaths: ${inside}`), undefined, "half of YAML");
    });

  it("and nests in YAML's other ways is rejected", () => {
    const indented = Array.from({ length: 1500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");
    const twice = Array.from("bcdefghijk", (name, i) => `${name}: &${name} [*${"abcdefghij"[i]}, *${"abcdefghij"[i]}]`);
    for (const text of [
      `paths:\n${"- ".repeat(50_000)}a`,
      `paths:\n${"? ".repeat(50_000)}a`,
      indented,
      "openapi: 3\npaths: &a {b: *a, c: *a, d: *a}",
      `a: &a [${"x,".repeat(500)}]\n${twice.join("\n")}`,
    ])
      assert.equal(ApiDocument.from(parseDocument(text)), undefined, text.slice(0, 60));
  });

  it("and has a name twice is read: to look for that takes quadratic time", () => {
    const text = 'openapi: "3"\npaths: {}\npaths:\n  /a:\n    get: {}\n';
    assert.deepEqual(ApiDocument.from(parseDocument(text))?.calls, ["GET /a"]);
  });

  it("and whose schemas hold each other in ever more ways is read in time", () => {
    const self = Array(10).fill({ $ref: "#/s" });
    const media = { content: { "application/json": { schema: { $ref: "#/s" } } } };
    const document = ApiDocument.from({
      openapi: "3",
      paths: { "/a": { get: { requestBody: media }, put: { requestBody: { $ref: "#/%" } } } },
      s: { allOf: self, anyOf: self, properties: { a: { $ref: "#/s" } } },
    });
    const start = performance.now();
    assert.ok(document?.operation("GET /a")?.request.has("a"));
    assert.equal(document?.operation("PUT /a")?.request.size, 0, "a reference of no form leads nowhere");
    assert.ok(performance.now() - start < 5000, `took ${performance.now() - start} ms`);
  });

  it("and whose paths are only brackets is read in time", () => {
    const start = performance.now();
    ApiDocument.from({ openapi: "3", paths: { [`/${"{".repeat(100_000)}`]: { get: {} } } });
    assert.ok(performance.now() - start < 2000, `took ${performance.now() - start} ms`);
  });
});
