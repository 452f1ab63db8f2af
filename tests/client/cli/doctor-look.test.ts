import assert from "node:assert/strict";
import { CannotCheck, look } from "../../../cli/doctor/look";
import { configFor, projectId } from "../../support/context";
import { FakeClock } from "../../support/fake-clock";
import { BenchServer } from "../../support/servers/bench-server";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

describe("what doctor looks at", () => {
  let server: ScriptedServer;
  let bench: BenchServer;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    bench = new BenchServer(server);
    server.on("GET", "/api/system/info", ok({ name: "ICA", version: "2.40" }));
    server.on("GET", "/api/regions", ok({ items: [{ id: "region-1", code: "use1" }] }));
    server.on("GET", "/api/dataFormats", ok({ items: [{ id: "1", code: "DOCKER" }] }));
    server.on("GET", "/api/dockerImages", ok({ items: [] }));
  });
  afterEach(() => server.close());

  const seen = () => look(configFor(server.baseUrl), new FakeClock());
  const outcomes = async () => Object.fromEntries((await seen()).calls.map(({ call, outcome }) => [call, outcome]));

  it("succeeds with an ICA that has everything, and sends no POST except the login", async () => {
    bench.has();
    assert.deepEqual(Object.values(await outcomes()), Array(7).fill("holds"));
    assert.deepEqual(
      server.seen.filter(({ method }) => method !== "GET").map(({ path }) => path),
      ["/api/tokens"],
    );
  });

  it("continues after a call that is refused, and names it", async () => {
    server.on("GET", "/api/dockerImages", problem(403, "No permission"));
    const facts = await seen();
    assert.equal(facts.images, undefined);
    assert.match(facts.calls.find(({ call }) => call === "GET /api/dockerImages")?.why ?? "", /403.*No permission/);
    assert.deepEqual(Object.values(await outcomes()).sort(), ["fails", ...Array(6).fill("holds")]);
  });

  it("distinguishes a workspace list in another form from a missing one and from a refused one", async () => {
    const list = `/api/projects/${projectId}/workspaces`;
    server.on("GET", list, ok({ items: [{ id: "1" }], totalItemCount: 1 }));
    const other = (await seen()).workspaces;
    assert.ok(other.kind === "served" && /documented form/.test(other.problem ?? ""), JSON.stringify(other));
    server.on("GET", list, problem(404, "No such path"));
    assert.deepEqual((await seen()).workspaces, { kind: "missing", why: `GET ${list} answered 404` });
    server.on("GET", list, problem(403, "No"));
    assert.equal((await seen()).workspaces.kind, "unknown");
    assert.equal((await outcomes())["GET /api/projects/{projectId}/workspaces"], "fails");
  });

  it("says nothing of an ICA whose login is no longer taken, or whose project is not there", async () => {
    for (const [path, status] of [
      ["/api/dataFormats", 401],
      [`/api/projects/${projectId}`, 404],
      [`/api/projects/${projectId}`, 403],
    ] as const) {
      const fresh = await ScriptedServer.start();
      fresh.on("GET", /./, ok({ name: "ICA", version: "1", items: [] }));
      fresh.on(
        "GET",
        `/api/projects/${projectId}`,
        ok({ id: "1", name: "demo", active: true, region: { id: "1", code: "use1" } }),
      );
      fresh.on("GET", path, problem(status, "No"));
      try {
        await assert.rejects(look(configFor(fresh.baseUrl), new FakeClock()), CannotCheck, `${path} ${status}`);
      } finally {
        await fresh.close();
      }
    }
  });
});
