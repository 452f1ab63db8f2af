import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import express from "express";
import { problemHandler } from "../../../emulator/http/problem";
import { send } from "../../../emulator/http/rest";
import { validation } from "../../../emulator/http/validation";
import { at, call, each, problemDetail, TestEmulator, V3 } from "../support";

describe("the emulator's REST calls", () => {
  let ica: TestEmulator;
  before(async () => {
    ica = await TestEmulator.start();
  });
  after(() => ica.close());

  const withHeaders = (headers: Record<string, string>, method = "GET", address = "/api/regions") =>
    call(ica.emulator.url, method, address, { headers });

  describe("checks the caller: it", () => {
    it("refuses a call without a key or a token", async () => {
      assert.match(problemDetail(await withHeaders({}), 401), /X-API-Key/);
      problemDetail(await withHeaders({ "X-API-Key": "wrong" }), 401);
      problemDetail(await withHeaders({ Authorization: "Basic eDp5" }), 401);
      problemDetail(await withHeaders({}, "GET", "/api/no-such-call"), 401);
      problemDetail(await withHeaders({}, "POST", "/api/tokens"), 401);
    });

    it("accepts a call with the key, or with a token made from it", async () => {
      const token = String(at(await ica.ok("POST", "/api/tokens"), "token"));
      assert.equal((await withHeaders({ Authorization: `Bearer ${token}` })).status, 200);
      problemDetail(await withHeaders({ Authorization: `Bearer ${token}x` }), 401);
      problemDetail(await withHeaders({ Authorization: `Bearer ${token}` }, "POST", "/api/tokens"), 401);
    });

    it("refuses to refresh a token that was made from a key", async () => {
      const token = String(at(await ica.ok("POST", "/api/tokens"), "token"));
      const answer = await withHeaders({ Authorization: `Bearer ${token}` }, "POST", "/api/tokens:refresh");
      assert.match(problemDetail(answer, 409), /cannot be refreshed/);
    });

    it("refuses a call with an expired token", async () => {
      const brief = await TestEmulator.start({ tokenLifetimeS: 0 });
      const token = String(at(await brief.ok("POST", "/api/tokens"), "token"));
      const answer = await call(brief.emulator.url, "GET", "/api/regions", {
        headers: { Authorization: `Bearer ${token}` },
      });
      assert.match(problemDetail(answer, 401), /has expired/);
      await brief.close();
    });

    it("no page that made its own name point here", async () => {
      const { port } = new URL(ica.emulator.url);
      const status = (host: string) =>
        new Promise((resolve, reject) => {
          const headers = { Host: host, "X-API-Key": ica.apiKey };
          request({ host: "127.0.0.1", port, path: "/ica/rest/api/regions", headers }, (res) =>
            resolve(res.resume().statusCode),
          )
            .once("error", reject)
            .end();
        });
      assert.equal(await status("evil.example"), 403);
      assert.equal(await status(`evil.example:${port}`), 403);
      assert.equal(await status("127.0.0.1.evil.example"), 403);
      assert.equal(await status(`localhost:${port}`), 200);
      assert.equal(await status(`[::1]:${port}`), 200);
    });
  });

  describe("requests that are not as documented", () => {
    it("get a problem that says what is wrong", async () => {
      assert.match(
        problemDetail(await ica.call("GET", "/api/no-such-call"), 404),
        /no GET \/ica\/rest\/api\/no-such-call/,
      );
      assert.match(problemDetail(await ica.call("GET", `${ica.data}?colour=red`), 400), /colour/);
      const wrong = await ica.call("POST", `${ica.data}:createFile`, { body: { folderPath: "no-slash" } });
      problemDetail(wrong, 400);
      assert.deepEqual(Object.keys(Object(at(wrong.body, "parameters"))).sort(), ["/body/folderPath", "/body/name"]);
      problemDetail(
        await ica.call("POST", `${ica.data}:createFile`, { body: "{", mediaType: "application/json" }),
        400,
      );
      problemDetail(await ica.call("GET", `${ica.data}?pageSize=many`), 400);
      problemDetail(await ica.call("GET", `${ica.data}?pageToken=made-up`), 400);
      problemDetail(await ica.call("GET", `${ica.data}?pageToken=x&pageOffset=1`), 400);
    });

    it("get 404 for a call that the emulator does not serve, with the place of those that it does", async () => {
      const file = at(await ica.ok("POST", `${ica.data}:createFile`, { body: { name: "not-served" } }), "data", "id");
      for (const [method, address] of [
        ["DELETE", "/api/regions"],
        ["POST", `${ica.data}/${file}:createDownloadUrl`],
        ["POST", `${ica.data}/${file}:archive`],
        ["GET", `${ica.data}/${file}:archive`],
        ["GET", `${ica.data}/${file}/children`],
        ["GET", "/api/no-such-call"],
      ] as const) {
        const detail = problemDetail(await ica.call(method, address), 404);
        assert.ok(detail.startsWith(`There is no ${method} /ica/rest${address} here. The emulator serves`), detail);
      }
    });

    it("get 400 for a query parameter that the emulator does not serve, which ICA may know, and for a page of nothing", async () => {
      for (const name of ["fullText", "notInRun", "made-up"]) {
        const answer = await ica.call("GET", `${ica.data}?${name}=true`);
        const words = `the emulator does not serve the query parameter ${name} of this call`;
        assert.equal(problemDetail(answer, 400), words);
        assert.deepEqual(at(answer.body, "parameters"), { [`/query/${name}`]: words });
      }
      const empty = await ica.call("GET", `${ica.data}?pageSize=0`);
      assert.match(problemDetail(empty, 400), /pageSize must be a whole number from 1 to 1000/);
    });

    it("get 415 or 406 for another media type", async () => {
      const body = { name: "x" };
      problemDetail(
        await ica.call("POST", `${ica.data}:createFile`, { body, headers: { "Content-Type": "text/plain" } }),
        415,
      );
      const v4 = { "Content-Type": "application/vnd.illumina.v4+json" };
      problemDetail(await ica.call("POST", `${ica.data}:createFile`, { body, headers: v4 }), 415);
      problemDetail(
        await ica.call("GET", "/api/regions", { headers: { Accept: "application/vnd.illumina.v4+json" } }),
        406,
      );
      assert.equal(
        (await ica.call("GET", "/api/regions", { headers: { Accept: "application/json, */*" } })).status,
        200,
      );
    });
  });

  it("reports the system, its regions and the project, with an ETag", async () => {
    assert.match(String(at(await ica.ok("GET", "/api/system/info"), "name")), /emulator/);
    const regions = await ica.ok("GET", "/api/regions");
    assert.deepEqual(each(regions, "items", "code"), ["use1", "euc1"]);
    const region = await ica.ok("GET", `/api/regions/${at(regions, "items", 1, "id")}`);
    assert.deepEqual(region, at(regions, "items", 1));
    problemDetail(await ica.call("GET", "/api/regions/none"), 404);
    const project = await ica.call("GET", `/api/projects/${ica.emulator.projectId}`);
    assert.equal(at(project.body, "region", "code"), "use1");
    assert.match(project.headers.get("etag") ?? "", /^"\w+"$/);
    problemDetail(await ica.call("GET", "/api/projects/00000000-0000-4000-8000-000000000000"), 404);
  });

  it("lists data formats in pages: every one once, DOCKER not on the first", async () => {
    const pages: unknown[] = [];
    for (let token = ""; pages.length === 0 || token !== ""; ) {
      const page = await ica.ok("GET", `/api/dataFormats?pageToken=${encodeURIComponent(token)}`);
      pages.push(page);
      token = String(at(page, "nextPageToken"));
    }
    const codes = pages.map((page) => each(page, "items", "code"));
    assert.ok(codes.length > 1 && !codes[0]?.includes("DOCKER"), "a client must page");
    assert.ok(codes.flat().includes("DOCKER"));
    assert.equal(new Set(codes.flat()).size, codes.flat().length);
    assert.equal(at(pages.at(-1), "remainingRecords"), 0);
    const byOffset = await ica.ok("GET", "/api/dataFormats?pageOffset=1&pageSize=2&sort=code%20desc");
    assert.deepEqual(each(byOffset, "items", "code"), [...codes.flat()].sort().reverse().slice(1, 3));
    assert.equal(at(byOffset, "totalItemCount"), codes.flat().length);
    assert.equal(at(byOffset, "nextPageToken"), "");
  });

  it("would rather fail than answer what its document does not say", async () => {
    const app = express();
    app.use(...validation());
    app.get("/ica/rest/api/system/info", (_req, res) => send(res, 200, V3, { name: 5 }));
    app.get("/ica/rest/api/regions", (_req, res) => send(res, 200, "application/json", { items: [] }));
    app.use(problemHandler(() => undefined));
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const get = (call_: string) => call(`http://127.0.0.1:${address.port}`, "GET", call_);
    assert.match(problemDetail(await get("/api/system/info"), 500), /must have required property 'version'/);
    problemDetail(await get("/api/regions"), 500);
    server.close();
    server.closeAllConnections();
  });

  it("answers in its media type", async () => {
    const answer = await ica.call("GET", "/api/regions");
    assert.match(answer.headers.get("content-type") ?? "", new RegExp(`^${V3.replaceAll("+", "\\+")}`));
  });
});

describe("the emulator's port and folder", () => {
  it("are taken by one emulator at a time", async () => {
    const ica = await TestEmulator.start();
    try {
      await assert.rejects(TestEmulator.start({ dir: ica.dir }), /already uses/);
      const port = Number(new URL(ica.emulator.url).port);
      await assert.rejects(TestEmulator.start({ port }), /Port \d+ on 127\.0\.0\.1 is in use/);
    } finally {
      await ica.close();
    }
  });

  it("are free again afterwards, and the project, the key and the data are the same", async () => {
    const first = await TestEmulator.start();
    const made = await first.ok("POST", `${first.data}:createFile`, { body: { name: "kept.txt" } });
    await first.emulator.close();
    const second = await TestEmulator.start({ dir: first.dir });
    assert.equal(second.emulator.apiKey, undefined, "the key is given out once");
    assert.equal(second.emulator.projectId, first.emulator.projectId);
    const headers = { "X-API-Key": first.apiKey };
    const answer = await call(second.emulator.url, "GET", `${second.data}/${at(made, "data", "id")}`, { headers });
    assert.deepEqual(answer.body, made);
    await second.emulator.close();
    const third = await TestEmulator.start({ dir: first.dir, apiKey: "a key of my own" });
    assert.equal((await third.call("GET", "/api/regions")).status, 200);
    problemDetail(await call(third.emulator.url, "GET", "/api/regions", { headers }), 401);
    await third.close();
  });
});
