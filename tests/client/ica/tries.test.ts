import assert from "node:assert/strict";
import { IcaClient } from "../../../provider/ica/client";
import { defaultRetryPolicy } from "../../../provider/ica/transport/retry";
import { projectId } from "../../support/context";
import { dockerImage, liveWorkspace } from "../../support/factories";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";
import { apiKey, eachClient, failureOf, newImage, type ScriptedClient } from "./each-client";

describe("a call to ICA", () => {
  let server: ScriptedClient["server"];
  let clock: ScriptedClient["clock"];
  let client: ScriptedClient["client"];

  eachClient((scripted) => {
    ({ server, clock, client } = scripted);
  });

  describe("tries", () => {
    const waits = () => clock.sleeps.length;

    it("wait as long as Retry-After says", async () => {
      const limited = { ...problem(429, "Slow down"), headers: { "Retry-After": "17" } };
      server.inTurn("GET", "/api/regions", limited, ok({ items: [] }));
      await client.regions.list();
      assert.equal(waits(), 1);
      assert.ok((clock.sleeps[0] ?? 0) >= 17_000, `waited ${clock.sleeps[0]}`);
    });

    it("wait until the date that Retry-After says", async () => {
      const at = new Date(clock.now() + 30_000).toUTCString();
      server.inTurn(
        "GET",
        "/api/regions",
        { ...problem(429, "Later"), headers: { "Retry-After": at } },
        ok({ items: [] }),
      );
      await client.regions.list();
      assert.ok((clock.sleeps[0] ?? 0) >= 30_000, `waited ${clock.sleeps[0]}`);
    });

    it("are made again for a GET that meets a fault of ICA", async () => {
      server.inTurn("GET", "/api/regions", problem(503, "Busy"), problem(500, "Oops"), "reset", ok({ items: [] }));
      assert.deepEqual(await client.regions.list(), []);
      assert.equal(waits(), 3);
    });

    it("end, with ICA's message", async () => {
      server.on("GET", "/api/regions", problem(503, "Maintenance until noon"));
      const error = await failureOf(client.regions.list());
      assert.equal(server.count("GET", "/api/regions"), defaultRetryPolicy.attempts);
      assert.match(error.message, /answered 503 and said: Maintenance until noon\. ICA has a fault of its own/);
    });

    it("are not made again for createInternal: it would register twice", async () => {
      server.on("POST", "/api/dockerImages:createInternal", problem(503, "Busy"));
      const error = await failureOf(client.dockerImages.createInternal(newImage));
      assert.equal(server.count("POST", "/api/dockerImages:createInternal"), 1);
      assert.equal(error.isAmbiguous, true);
    });

    it("are not made again for a POST without a key whose connection was cut after it was sent", async () => {
      server.on("POST", "/api/dockerImages:createInternal", "reset");
      const error = await failureOf(client.dockerImages.createInternal(newImage));
      assert.equal(server.count("POST", "/api/dockerImages:createInternal"), 1);
      assert.equal(error.kind, "unreachable");
      assert.equal(error.isAmbiguous, true);
    });

    it("are made again for createInternal when ICA only limits the rate", async () => {
      server.inTurn("POST", "/api/dockerImages:createInternal", problem(429, "Slow"), ok(dockerImage()));
      assert.equal((await client.dockerImages.createInternal(newImage)).id, "image-1");
    });

    it("are made again for a POST with an Idempotency-Key, with the same key", async () => {
      const calls = `/api/projects/${projectId}/workspaces`;
      server.inTurn("POST", calls, "reset", problem(503, "Busy"), { status: 201, body: liveWorkspace() });
      const { id: _, status: __, ...settings } = liveWorkspace();
      await client.workspaces.create(projectId, settings, "key-7");
      assert.deepEqual(
        server.calls("POST", calls).map(({ headers }) => headers["idempotency-key"]),
        ["key-7", "key-7", "key-7"],
      );
    });

    it("are repeated when the connection is refused, and the error asks whether the emulator runs", async () => {
      const gone = await ScriptedServer.start();
      const { baseUrl } = gone;
      await gone.close();
      const lonely = new IcaClient({ baseUrl, apiKey, clock });
      const error = await failureOf(lonely.regions.list());
      assert.equal(waits(), defaultRetryPolicy.attempts - 1);
      assert.equal(error.kind, "unreachable");
      assert.match(error.message, /no answer from http:\/\/127\.0\.0\.1:\d+\/ica\/rest \(.*ECONNREFUSED/);
      assert.match(error.message, /Is the emulator running\? \(ica-bench emulator status\)/);
    });

    it("are made again for createInternal when the connection was never made: nothing can have been registered", async () => {
      const gone = await ScriptedServer.start();
      const lonely = new IcaClient({ baseUrl: gone.baseUrl, apiKey, clock });
      gone.on("GET", "/api/regions", { ...ok({ items: [] }), headers: { Connection: "close" } });
      gone.on("POST", "/api/tokens", { ...ok({ token: "jwt" }), headers: { Connection: "close" } });
      await lonely.regions.list();
      await gone.close();
      const error = await failureOf(lonely.dockerImages.createInternal(newImage));
      assert.match(error.message, /^POST \/api\/dockerImages:createInternal: no answer .*ECONNREFUSED/);
      assert.equal(waits(), defaultRetryPolicy.attempts - 1);
    });

    it("for another machine ask about address, network and proxy instead", async () => {
      const far = new IcaClient({
        baseUrl: "http://ica.invalid/ica/rest",
        apiKey,
        clock,
        policy: { ...defaultRetryPolicy, attempts: 1 },
      });
      const { message } = await failureOf(far.regions.list());
      assert.match(message, /Check ica:baseUrl \(or ICA_BASE_URL\)/);
      assert.doesNotMatch(message, /emulator/);
    });

    it("are given up when ICA does not answer in time, and the error says so", async () => {
      const hasty = new IcaClient({ baseUrl: server.baseUrl, apiKey, clock, timeoutMs: 50 });
      server.on("GET", "/api/regions", "silence");
      const error = await failureOf(hasty.regions.list());
      assert.equal(server.count("GET", "/api/regions"), defaultRetryPolicy.attempts);
      assert.equal(error.kind, "unreachable");
      assert.match(error.message, /nothing came for 50 ms/);
    });

    it("that ran into a time-out are not made again for createInternal", async () => {
      const hasty = new IcaClient({ baseUrl: server.baseUrl, apiKey, clock, timeoutMs: 50 });
      server.on("POST", "/api/dockerImages:createInternal", "silence");
      await failureOf(hasty.dockerImages.createInternal(newImage));
      assert.equal(server.count("POST", "/api/dockerImages:createInternal"), 1);
    });

    it("of a change with If-Match are not made again: the second would meet the first as a conflict", async () => {
      const one = `/api/projects/${projectId}/workspaces/ws-1`;
      server.on("PUT", one, "reset");
      const { id: _, status: __, ...settings } = liveWorkspace();
      await failureOf(client.workspaces.update(projectId, "ws-1", settings, '"v1"'));
      assert.equal(server.count("PUT", one), 1);
    });
  });
});
