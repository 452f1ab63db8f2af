import assert from "node:assert/strict";
import { IcaClient } from "../../../provider/ica/client";
import { ListedPages } from "../../../provider/ica/listed-pages";
import { Projects } from "../../../provider/ica/projects";
import { IcaError } from "../../../provider/ica/transport/error";
import type { Caller } from "../../../provider/ica/transport/http";
import { maxAgeMs, type WorkspaceReads } from "../../../provider/ica/workspace-reads";
import { Workspaces } from "../../../provider/ica/workspaces";
import { contextFor, projectId, type TestContext } from "../../support/context";
import { liveWorkspace } from "../../support/factories";
import { BenchServer } from "../../support/servers/bench-server";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

const collection = `/api/projects/${projectId}/workspaces`;
const anyOne = new RegExp(`^${collection}/[^/:]+$`);

describe("reads of many workspaces", () => {
  let server: ScriptedServer;
  let bench: BenchServer;
  let context: TestContext;
  let reads: WorkspaceReads;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    bench = new BenchServer(server);
    context = contextFor(server.baseUrl);
    reads = context.client.workspaceReads;
  });

  afterEach(() => server.close());

  const make = (count: number) =>
    Array.from({ length: count }, (_, i) => bench.has({ id: `ws-${i}`, name: `w${i}` })).map(({ id }) => id);
  const lists = () => server.count("GET", collection);
  const gets = () => server.count("GET", anyOne);
  const all = (ids: readonly string[], how: "recent" | "now") =>
    Promise.all(ids.map(async (id) => (await reads[how](projectId, id)).id));

  /** Reads them as the engine does: so many at a time, in this order. */
  async function inParallel(ids: readonly string[], parallel: number): Promise<string[]> {
    const [left, seen] = [[...ids], [] as string[]];
    const worker = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift())
        seen.push((await reads.recent(projectId, id)).id);
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    return seen;
  }

  it("of one is one GET", async () => {
    make(3);
    assert.deepEqual(await all(["ws-1"], "recent"), ["ws-1"]);
    assert.deepEqual([lists(), gets()], [0, 1]);
  });

  for (const parallel of [1, 2, 8, 64]) {
    it(`of 1,000, ${parallel} at a time, take at most 30 calls in the order of the list`, async () => {
      const ids = make(1000);
      assert.deepEqual((await inParallel(ids, parallel)).sort(), [...ids].sort());
      assert.ok(server.seen.length <= 30, `${server.seen.length} calls`);
    });

    it(`of 1,000, ${parallel} at a time, take at most 30 calls in the opposite order`, async () => {
      const ids = make(1000).reverse();
      assert.deepEqual((await inParallel(ids, parallel)).sort(), [...ids].sort());
      assert.ok(server.seen.length <= 30, `${server.seen.length} calls`);
    });
  }

  it("of a few among very many never cost more than three calls for each", async () => {
    make(5000);
    const few = ["ws-4990", "ws-4991", "ws-4992", "ws-4993"];
    assert.deepEqual((await inParallel(few, 4)).sort(), few);
    assert.ok(server.seen.length - server.logins <= 3 * few.length, `${server.seen.length} calls`);
  });

  it("finds a living workspace that the list lost while its pages were read", async () => {
    const ids = make(120);
    let pages = 0;
    server.on("GET", collection, ({ query }) => {
      // Another user deletes one from the first page: all behind it move up, and one falls between two pages.
      if (pages++ === 1) bench.workspaces.delete("ws-0");
      const offset = Number(query.pageOffset);
      return ok({ items: [...bench.workspaces.values()].slice(offset, offset + 50), totalItemCount: 120 });
    });
    const living = ids.slice(1);
    assert.deepEqual(await all(living, "recent"), living);
  });

  it("does not treat a workspace as gone because a list lacks it: a GET has to answer 404", async () => {
    make(4);
    const outcomes = await Promise.allSettled([...Array(3).keys(), "gone"].map((i) => reads.now(projectId, `ws-${i}`)));
    const failed = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    assert.equal(failed.length, 1);
    assert.ok(failed[0] instanceof IcaError && failed[0].isNotFound);
    assert.equal(server.count("GET", `${collection}/ws-gone`), 1);
  });

  describe("of a refresh", () => {
    it("share a page for some seconds", async () => {
      const ids = make(10);
      await all(ids, "recent");
      server.seen.length = 0;
      context.clock.advance(maxAgeMs);
      await all(ids, "recent");
      assert.equal(server.seen.length, 0);
      context.clock.advance(1);
      await all(ids, "recent");
      assert.deepEqual([lists(), gets()], [1, 0]);
    });

    it("see what this process wrote, however young the page is", async () => {
      const ids = make(10);
      await all(ids, "recent");
      await context.client.workspaces.update(projectId, "ws-3", { ...liveWorkspace(), name: "renamed" }, undefined);
      assert.equal((await reads.recent(projectId, "ws-3")).name, "renamed");
    });

    it("do not keep a page that a write overtook while the page was on its way", async () => {
      const call: Caller = async ({ answer, method }) => {
        if (method === "GET") await workspaces.start(projectId, "ws-1");
        return { body: answer.parse({ items: [liveWorkspace()] }), etag: undefined };
      };
      const workspaces = new Workspaces(call, new Projects(call));
      const pages = new ListedPages(projectId, workspaces, context.clock, maxAgeMs);
      await pages.read(0);
      assert.equal(workspaces.writes, 2, "there was a write");
      assert.equal(pages.find("ws-1"), undefined);
    });
  });

  describe("that decide or wait", () => {
    it("never see what was before they were asked for", async () => {
      const ids = make(10);
      await all(ids, "recent");
      for (const id of ids) bench.has({ id, status: "Running" });
      const seen = await Promise.all(ids.map((id) => reads.now(projectId, id)));
      assert.deepEqual(
        seen.map(({ status }) => status),
        ids.map(() => "Running"),
      );
    });

    it("ask only for the pages on which their workspaces were seen", async () => {
      const ids = make(200);
      await all(ids, "recent");
      server.seen.length = 0;
      await all(ids.slice(160, 190), "now");
      assert.deepEqual([lists(), gets()], [1, 0]);
    });
  });

  for (const [status, words] of [
    [403, "Not for you"],
    [400, "No such paging"],
  ] as const) {
    it(`continue one by one when the list is refused with ${status}`, async () => {
      const ids = make(5);
      server.on("GET", collection, problem(status, words));
      assert.deepEqual(await all(ids, "recent"), ids);
      assert.deepEqual(await all(ids, "recent"), ids);
      assert.deepEqual([lists(), gets()], [1, 10]);
    });
  }

  it("continue one by one when one row of the list, of a workspace of no matter, does not have the assumed form", async () => {
    const ids = make(5);
    server.on("GET", collection, ok({ items: [...bench.workspaces.values(), { id: "theirs", status: "Running" }] }));
    assert.deepEqual(await all(ids, "recent"), ids);
    assert.deepEqual([lists(), gets()], [1, 5]);
  });

  it("continue one by one with a server that gives the same page again and again", async () => {
    const ids = make(120);
    server.on("GET", collection, () => ok({ items: [...bench.workspaces.values()].slice(0, 50) }));
    assert.deepEqual(await all(ids, "recent"), ids);
    assert.equal(lists(), 2);
  });

  it("fail together when ICA does not answer, and work again afterwards", async () => {
    const ids = make(3);
    server.on("GET", collection, problem(503, "Down"));
    await assert.rejects(all(ids, "recent"), /Down/);
    new BenchServer(server).has({ id: "ws-0" });
    assert.equal((await reads.recent(projectId, "ws-0")).id, "ws-0");
  });

  it("are a GET each when sharing is switched off", async () => {
    const ids = make(5);
    const { clock } = context;
    const client = new IcaClient({ baseUrl: server.baseUrl, apiKey: "key", clock, sharedReads: false });
    await Promise.all(ids.map((id) => client.workspaceReads.recent(projectId, id)));
    assert.deepEqual([lists(), gets()], [0, 5]);
  });
});
