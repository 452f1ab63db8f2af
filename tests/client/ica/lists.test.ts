import assert from "node:assert/strict";
import { IcaError } from "../../../provider/ica/transport/error";
import { WorkspaceApiMissing } from "../../../provider/ica/workspaces";
import { findWorkspace } from "../../../provider/workspace/lookup";
import { contextFor, projectId, type TestContext } from "../../support/context";
import { liveWorkspace } from "../../support/factories";
import { BenchServer } from "../../support/servers/bench-server";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

const collection = `/api/projects/${projectId}/workspaces`;

describe("the client", () => {
  let server: ScriptedServer;
  let client: TestContext["client"];

  beforeEach(async () => {
    server = await ScriptedServer.start();
    client = contextFor(server.baseUrl).client;
  });
  afterEach(() => server.close());

  describe("listing data formats", () => {
    const format = (code: string) => ({ id: code, code });

    it("reads page after page until there is none", async () => {
      server.on("GET", "/api/dataFormats", ({ query }) =>
        query.pageToken === undefined
          ? ok({ items: [format("BAM")], nextPageToken: "two" })
          : ok({ items: [format("DOCKER")], nextPageToken: "" }),
      );
      assert.deepEqual(
        (await client.dataFormats.list()).map(({ code }) => code),
        ["BAM", "DOCKER"],
      );
      assert.deepEqual(
        server.calls("GET", "/api/dataFormats").map(({ query }) => query.pageToken),
        [undefined, "two"],
      );
    });

    it("ends on an empty page, even when it has a token", async () => {
      server.inTurn(
        "GET",
        "/api/dataFormats",
        ok({ items: [format("BAM")], nextPageToken: "two" }),
        ok({ items: [], nextPageToken: "three" }),
      );
      assert.equal((await client.dataFormats.list()).length, 1);
      assert.equal(server.count("GET", "/api/dataFormats"), 2);
    });

    it("takes a page without a token as the last", async () => {
      server.on("GET", "/api/dataFormats", ok({ items: [format("BAM")] }));
      assert.equal((await client.dataFormats.list()).length, 1);
      assert.equal(server.count("GET", "/api/dataFormats"), 1);
    });
  });

  it("takes a file whose details are null, as the official document allows", async () => {
    const files = [
      { data: { id: "fil.1", details: null }, projectId },
      { data: { id: "fil.2", details: { name: "a.tar", status: "AVAILABLE", tags: null } }, projectId },
    ];
    server.on("GET", `/api/projects/${projectId}/data`, ok({ items: files }));
    const found = await client.projectData.findByTag(projectId, "a");
    assert.deepEqual(
      found.map(({ data }) => data.details?.status),
      [undefined, "AVAILABLE"],
    );
  });

  describe("asking for workspaces", () => {
    const { id: _, status: __, ...settings } = liveWorkspace();
    const project = { id: projectId, name: "demo", active: true, region: { id: "region-1", code: "use1" } };

    for (const status of [404, 405]) {
      it(`says that the calls are missing when they answer ${status} though the project exists`, async () => {
        server.on("GET", `/api/projects/${projectId}`, ok(project));
        server.on("GET", collection, problem(status, "No"));
        for (const asked of [
          client.workspaces.findByName(projectId, "x"),
          client.workspaces.confirmServed(projectId),
        ]) {
          await assert.rejects(asked, (error: unknown) => {
            assert.ok(error instanceof WorkspaceApiMissing);
            assert.ok(error.message.includes(`GET ${collection} answered ${status}`), error.message);
            assert.match(error.message, /docs\/assumptions\.md/);
            assert.match(error.message, /Images keep working/);
            return true;
          });
        }
      });
    }

    it("says that the project is not there when that is so", async () => {
      server.on("GET", `/api/projects/${projectId}`, problem(404, "No such project"));
      await assert.rejects(client.workspaces.findByName(projectId, "x"), (error: unknown) => {
        assert.ok(error instanceof IcaError && error.isNotFound);
        assert.match(error.message, /No such project/);
        return true;
      });
    });

    it("reports ICA's message for a refused creation when the list is served: the image may be what is not found", async () => {
      new BenchServer(server);
      server.on("POST", collection, problem(404, "No image image-1"));
      await assert.rejects(
        client.workspaces.create(projectId, settings, "key"),
        (error: unknown) => error instanceof IcaError && /No image image-1/.test(error.message),
      );
    });

    it("says of a refused creation that the calls are missing when the list is too", async () => {
      server.on("GET", `/api/projects/${projectId}`, ok(project));
      await assert.rejects(client.workspaces.create(projectId, settings, "key"), WorkspaceApiMissing);
    });

    it("passes on every other error", async () => {
      server.on("GET", collection, problem(403, "Forbidden"));
      await assert.rejects(
        client.workspaces.findByName(projectId, "x"),
        (error: unknown) => error instanceof IcaError && error.status === 403,
      );
    });

    it("lists every one, page after page, and ends on an empty page even when the count is higher", async () => {
      const items = ["a", "b", "c"].map((id) => liveWorkspace({ id }));
      server.on("GET", collection, ({ query }) =>
        ok({ items: items.slice(Number(query.pageOffset), Number(query.pageOffset) + 2), totalItemCount: 99 }),
      );
      assert.deepEqual(
        (await client.workspaces.list(projectId)).map(({ id }) => id),
        ["a", "b", "c"],
      );
      assert.equal(server.count("GET", collection), 3);
    });

    it("skips one with unknown settings, unless its name is the one it looks for", async () => {
      const odd = { ...liveWorkspace({ id: "a", name: "odd" }), users: "TEAM" };
      server.on(
        "GET",
        collection,
        ok({ items: [odd, liveWorkspace({ id: "b", name: "genomics" })], totalItemCount: 2 }),
      );
      server.on("GET", `${collection}/a`, ok(odd));
      assert.equal((await client.workspaces.findByName(projectId, "genomics"))?.id, "b");
      assert.equal((await findWorkspace(client.workspaces, projectId, { name: "genomics" })).workspaceId, "b");
      assert.equal(await client.workspaces.findByName(projectId, "other"), undefined);
      const words = /GET .*\/a: the answer does not have the documented form \(users: /;
      await assert.rejects(client.workspaces.findByName(projectId, "odd"), words);
      await assert.rejects(findWorkspace(client.workspaces, projectId, { name: "odd" }), words);
    });

    it("takes only the exact name, even when the list has others", async () => {
      const items = [liveWorkspace({ id: "a", name: "genomics-2" }), liveWorkspace({ id: "b", name: "genomics" })];
      server.on("GET", collection, ok({ items, totalItemCount: 2 }));
      assert.equal((await client.workspaces.findByName(projectId, "genomics"))?.id, "b");
      assert.equal(await client.workspaces.findByName(projectId, "geno"), undefined);
      assert.equal(server.calls("GET", collection)[0]?.query.name, "genomics");
    });
  });
});
