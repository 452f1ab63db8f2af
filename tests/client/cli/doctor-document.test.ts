import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { DocumentError, findDocument, readDocument } from "../../../cli/doctor/find-document";
import { ScriptedServer } from "../../support/servers/scripted-server";

const document = { openapi: "3.0.1", paths: { "/api/regions": { get: {} } } };

describe("the OpenAPI document that doctor reads", () => {
  let server: ScriptedServer;
  let other: ScriptedServer;
  let dir: string;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    other = await ScriptedServer.start();
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-doctor-"));
  });
  afterEach(async () => {
    await server.close();
    await other.close();
    await rm(dir, { recursive: true });
  });

  const json = { status: 200, body: document };

  it("is found at the emulator's address for it", async () => {
    server.on("GET", "/ica/api/swagger/openapi.json", json);
    const found = await findDocument(server.baseUrl);
    assert.deepEqual(found?.document.calls, ["GET /api/regions"]);
    assert.match(found?.from ?? "", /\/ica\/api\/swagger\/openapi\.json$/);
  });

  it("is found at the address on the Swagger page", async () => {
    server.on("GET", "/ica/api/swagger/swagger-initializer.js", {
      status: 200,
      body: 'SwaggerUIBundle({ url: "../v9/the-api.yaml", dom_id: "#ui" })',
    });
    server.on("GET", "/ica/api/v9/the-api.yaml", { status: 200, body: stringify(document) });
    assert.deepEqual((await findDocument(server.baseUrl))?.document.calls, ["GET /api/regions"]);
  });

  it("is requested without a key and from this host only, even when the page or a redirect names another", async () => {
    const elsewhere = other.baseUrl.replace("/ica/rest", "/openapi.json");
    other.on("GET", /./, json);
    server.on("GET", "/ica/api/swagger/index.html", { status: 200, body: `<script>url: "${elsewhere}"</script>` });
    server.on("GET", "/ica/api/swagger/openapi.yaml", { status: 302, headers: { Location: elsewhere } });
    assert.equal(await findDocument(server.baseUrl), undefined);
    assert.deepEqual(other.seen, [], "no other host is asked");
    assert.ok(server.seen.length > 5, "the usual places were asked");
    for (const { headers } of server.seen) {
      assert.equal(headers["x-api-key"], undefined);
      assert.equal(headers.authorization, undefined);
    }
  });

  it("is not taken from pages, errors and other files in its place", async () => {
    server.on("GET", "/ica/api/swagger/openapi.json", { status: 200, body: "<!doctype html><p>Log in: first</p>" });
    server.on("GET", "/ica/api/swagger/openapi.yaml", { status: 200, body: "a: [" });
    server.on("GET", "/ica/api/swagger/swagger.json", { status: 200, body: { paths: {} } });
    server.on("GET", "/ica/api/swagger/swagger.yaml", "reset");
    assert.equal(await findDocument(server.baseUrl), undefined);
  });

  it("can be named: a file or an address, JSON or YAML", async () => {
    const file = path.join(dir, "api.yaml");
    await writeFile(file, stringify(document));
    assert.deepEqual((await readDocument(file)).document.calls, ["GET /api/regions"]);
    other.on("GET", "/somewhere", json);
    const address = other.baseUrl.replace("/ica/rest", "/somewhere");
    assert.deepEqual((await readDocument(address)).document.calls, ["GET /api/regions"]);
    assert.equal(other.seen[0]?.headers["x-api-key"], undefined);
  });

  it("says what is wrong with one that was named", async () => {
    const file = path.join(dir, "not.yaml");
    await writeFile(file, "just text");
    const refused = (place: string, words: RegExp) =>
      assert.rejects(
        readDocument(place),
        (error: unknown) => error instanceof DocumentError && words.test(error.message),
      );
    await refused(file, /is not a valid OpenAPI document/);
    await refused(path.join(dir, "absent.json"), /cannot be read: ENOENT/);
    await refused(other.baseUrl, /answered 404/);
    await refused("http://me:secret@example.org/api.json", /^(?!.*secret).*must not hold/);
  });
});
