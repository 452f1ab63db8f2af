import assert from "node:assert/strict";
import { findImage, type ImageQuery, listImages } from "../../provider/bench-image/lookup";
import { WorkspaceApiMissing } from "../../provider/ica/workspaces";
import { LookupError } from "../../provider/lookup-error";
import { findWorkspace } from "../../provider/workspace/lookup";
import { contextFor, projectId, type TestContext } from "../support/context";
import { dockerImage } from "../support/factories";
import { BenchServer } from "../support/servers/bench-server";
import { ok, problem, ScriptedServer } from "../support/servers/scripted-server";

describe("looking up", () => {
  let server: ScriptedServer;
  let client: TestContext["client"];

  beforeEach(async () => {
    server = await ScriptedServer.start();
    client = contextFor(server.baseUrl).client;
  });
  afterEach(() => server.close());

  const says = (words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LookupError, String(error));
    assert.match(error.message, words);
    return true;
  };

  describe("an image", () => {
    const day = (n: number) => `2026-01-0${n}T12:00:00Z`;
    const images = [
      dockerImage({ id: "old", version: "1", timeCreated: day(1) }),
      dockerImage({ id: "newest", version: "3", timeCreated: day(3), status: "PARTIAL" }),
      dockerImage({ id: "new", version: "2", timeCreated: day(2) }),
      dockerImage({ id: "failed", version: "4", timeCreated: day(4), status: "BUILDFAILED" }),
      dockerImage({ id: "gone", version: "5", timeCreated: day(5), status: "DELETED" }),
      dockerImage({ id: "tool", version: "6", timeCreated: day(6), type: "TOOL" }),
      dockerImage({ id: "other", name: "jupyter", version: "9", timeCreated: day(7) }),
    ];
    const find = (query: ImageQuery, there = images) => {
      server.on("GET", "/api/dockerImages", ok({ items: there }));
      return findImage(client.dockerImages, query);
    };

    it("takes the newest that is AVAILABLE, at any position in the list", async () => {
      for (const there of [images, [...images].reverse()])
        assert.equal((await find({ name: "rstudio" }, there)).imageId, "new");
    });

    it("takes the version that is named", async () => {
      assert.deepEqual(await find({ name: "rstudio", version: "1" }), {
        imageId: "old",
        name: "rstudio",
        version: "1",
        description: undefined,
        status: "AVAILABLE",
        timeCreated: day(1),
        regions: ["use1"],
        urls: { use1: "registry/rstudio" },
        benchSettings: { web: true, console: false, clusterCompatible: false },
      });
    });

    it("says which names there are", () =>
      assert.rejects(find({ name: "rstudoi" }), says(/no Bench image named "rstudoi". There are: jupyter, rstudio\./)));

    it("says which versions there are, with their status", async () => {
      const all = /It has: 4 \(BUILDFAILED\), 3 \(PARTIAL\), 2 \(AVAILABLE\), 1 \(AVAILABLE\)\./;
      await assert.rejects(find({ name: "rstudio", version: "9" }), says(all));
      await assert.rejects(find({ name: "rstudio", version: "3" }), says(/no version "3" that is AVAILABLE/));
      await assert.rejects(
        find({ name: "rstudio" }, images.slice(3, 4)),
        says(/no version that is AVAILABLE.*4 \(BUILDFAILED\)/),
      );
    });

    it("does not guess which is meant, and says how to choose", async () => {
      const twins = [dockerImage({ id: "a", version: "1" }), dockerImage({ id: "b", version: "1" })];
      await assert.rejects(find({ name: "rstudio", version: "1" }, twins), says(/imageId, of a, b/));
      await assert.rejects(
        find({ name: "rstudio" }, twins),
        says(/does not say which version.*choose one with version/),
      );
      const sameTime = images.slice(0, 1).concat(dockerImage({ id: "x", version: "7", timeCreated: day(1) }));
      await assert.rejects(find({ name: "rstudio" }, sameTime), says(/does not say/));
    });

    it("takes one by its id, in any state", async () => {
      server.on("GET", "/api/dockerImages/newest", ok(images[1]));
      assert.equal((await find({ imageId: "newest" })).status, "PARTIAL");
    });

    it("says which ids there are, and refuses what cannot be used in Bench", async () => {
      server.on("GET", "/api/dockerImages/gone", ok(images[4]));
      server.on("GET", "/api/dockerImages/tool", ok(images[5]));
      const ids = /There are:.*other \(jupyter 9\).*old \(rstudio 1\)/;
      await assert.rejects(find({ imageId: "nowhere" }), says(ids));
      await assert.rejects(find({ imageId: "gone" }), says(ids));
      await assert.rejects(find({ imageId: "tool" }), says(/is of type TOOL/));
    });

    it("wants to know which, one way or the other", async () => {
      await assert.rejects(find({}), says(/needs the name/));
      await assert.rejects(find({ name: "rstudio", imageId: "old" }), says(/not both/));
    });

    it("lists by name, version and status, the newest first, without those that are gone", async () => {
      server.on("GET", "/api/dockerImages", ok({ items: images }));
      const ids = async (filter: Parameters<typeof listImages>[1]) =>
        (await listImages(client.dockerImages, filter)).map(({ imageId }) => imageId);
      assert.deepEqual(await ids({}), ["other", "failed", "newest", "new", "old"]);
      assert.deepEqual(await ids({ name: "rstudio", status: "AVAILABLE" }), ["new", "old"]);
      assert.deepEqual(await ids({ version: "9" }), ["other"]);
      assert.deepEqual(await ids({ status: "DELETED" }), ["gone"]);
      assert.deepEqual(await ids({ name: "nothing" }), []);
    });

    it("says of a long list how much more there is", async () => {
      const many = Array.from({ length: 25 }, (_, i) => dockerImage({ id: `i${i}`, name: `image-${i}` }));
      await assert.rejects(find({ name: "x" }, many), says(/and 5 more\.$/));
    });
  });

  describe("a workspace", () => {
    let bench: BenchServer;
    beforeEach(() => {
      bench = new BenchServer(server);
    });
    const find = (query: Parameters<typeof findWorkspace>[2]) => findWorkspace(client.workspaces, projectId, query);

    it("is reported with the message of its resource, by name or by id", async () => {
      bench.has({ webUrl: "http://example.org/", network: { mode: "RESTRICTED", allowedUrls: ["b.org/", "A.org"] } });
      bench.has({ id: "ws-2", name: "genomics-2" });
      const found = await find({ name: "genomics" });
      assert.deepEqual(found, {
        workspaceId: "ws-1",
        name: "genomics",
        projectId,
        status: "Stopped",
        image: "image-1",
        resourceModel: "standard-small",
        storageGb: 64,
        access: { web: true, console: false },
        network: "restricted",
        allowedUrls: ["a.org", "b.org"],
        cluster: undefined,
        webUrl: "http://example.org/",
        consoleHost: undefined,
        consolePort: undefined,
      });
      assert.deepEqual(await find({ workspaceId: "ws-1" }), found);
      assert.deepEqual(bench.written, [], "only reads");
    });

    it("is returned with its cluster", async () => {
      const settings = { members: 20, managerWebAccess: true, dedicatedManager: false };
      bench.has({ cluster: { scaling: "DYNAMIC", ...settings } });
      const { cluster } = await find({ name: "genomics" });
      assert.deepEqual(cluster, { maxMembers: 20, managerWeb: true, dedicatedManager: false });
    });

    it("says what there is when it is not there", async () => {
      bench.has();
      await assert.rejects(find({ name: "x" }), says(/no workspace named "x". There are: genomics\./));
      await assert.rejects(find({ workspaceId: "x" }), says(/no workspace with id x. There are: ws-1 \(genomics\)\./));
    });

    it("does not guess between two of a name, and says how to choose", async () => {
      bench.has();
      bench.has({ id: "ws-2" });
      await assert.rejects(find({ name: "genomics" }), says(/choose one with workspaceId, of ws-1, ws-2/));
    });

    it("wants to know which, one way or the other", async () => {
      await assert.rejects(find({}), says(/either the name/));
      await assert.rejects(find({ name: "a", workspaceId: "b" }), says(/either the name/));
    });

    it("says that a tenant has no workspace calls, and does not treat another failure as their absence", async () => {
      server.on("GET", /\/workspaces(\/.*)?$/, problem(404, "There is no such path"));
      await assert.rejects(find({ name: "genomics" }), WorkspaceApiMissing);
      await assert.rejects(find({ workspaceId: "ws-1" }), WorkspaceApiMissing);
      server.on("GET", /\/workspaces(\/.*)?$/, problem(403, "No"));
      await assert.rejects(find({ workspaceId: "ws-1" }), /403/);
    });
  });
});
