import assert from "node:assert/strict";
import { inspect } from "node:util";
import { IcaClient } from "../../../provider/ica/client";
import { IcaError } from "../../../provider/ica/transport/error";
import { path } from "../../../provider/ica/transport/http";
import { defaultRetryPolicy } from "../../../provider/ica/transport/retry";
import { projectId } from "../../support/context";
import { dockerImage, liveWorkspace } from "../../support/factories";
import { FakeClock } from "../../support/fake-clock";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

const apiKey = "k3y-of-the-user";
const project = { id: projectId, name: "demo", active: true, region: { id: "region-1", code: "use1" } };
const newImage = {
  dockerDataId: "fil.1",
  dockerDataProjectId: projectId,
  name: "rstudio",
  version: "1",
  type: "BENCH",
  regions: ["region-1"],
} as const;

async function failureOf(promise: Promise<unknown>): Promise<IcaError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof IcaError) return error;
    throw error;
  }
  throw new Error("the call should have failed");
}

describe("a call to ICA", () => {
  let server: ScriptedServer;
  let clock: FakeClock;
  let client: IcaClient;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    clock = new FakeClock();
    client = new IcaClient({ baseUrl: server.baseUrl, apiKey, clock });
    server.on("GET", "/api/regions", ok({ items: [{ id: "region-1", code: "use1" }] }));
    server.on("GET", `/api/projects/${projectId}`, ok(project));
  });
  afterEach(() => server.close());

  describe("log-in", () => {
    it("happens once for many calls at the same time, and after each other", async () => {
      await Promise.all(Array.from({ length: 20 }, () => client.regions.list()));
      await client.regions.list();
      assert.equal(server.logins, 1);
      assert.equal(server.count("GET", "/api/regions"), 21);
    });

    it("sends the API key only to get a token, and the token with all other calls", async () => {
      await client.regions.list();
      const [login] = server.calls("POST", "/api/tokens");
      const [call] = server.calls("GET", "/api/regions");
      assert.equal(login?.headers["x-api-key"], apiKey);
      assert.equal(login?.headers.authorization, undefined);
      assert.equal(call?.headers.authorization, "Bearer jwt-1");
      assert.equal(call?.headers["x-api-key"], undefined);
    });

    it("is renewed when ICA no longer takes the token, and the call succeeds", async () => {
      server.on("GET", "/api/regions", ({ headers }) =>
        headers.authorization === "Bearer jwt-1" ? problem(401, "Expired") : ok({ items: [] }),
      );
      assert.deepEqual(await client.regions.list(), []);
      assert.equal(server.logins, 2);
      assert.deepEqual(clock.sleeps, [], "a renewal needs no wait");
    });

    it("is renewed once for many calls that are refused together, however late the refusals come", async () => {
      await client.regions.list();
      server.on("GET", "/api/regions", ({ headers }) =>
        headers.authorization === "Bearer jwt-1" ? problem(401, "Expired") : ok({ items: [] }),
      );
      await Promise.all(Array.from({ length: 60 }, () => client.regions.list()));
      assert.equal(server.logins, 2);
    });

    it("is not tried for ever: a second refusal is an error that names the key", async () => {
      server.on("GET", "/api/regions", problem(401, "Go away"));
      const error = await failureOf(client.regions.list());
      assert.equal(error.status, 401);
      assert.match(error.message, /Go away.*Check the API key/);
      assert.equal(server.count("GET", "/api/regions"), 2);
    });

    it("with a wrong key is an error of that call", async () => {
      server.on("POST", "/api/tokens", problem(401, "Unknown key"));
      const error = await failureOf(client.regions.list());
      assert.match(error.message, /^POST \/api\/tokens was refused: ICA answered 401 and said: Unknown key\. Check/);
      assert.equal(server.count("GET", "/api/regions"), 0);
      assert.equal(server.logins, 1, "the same key again is no use");
      assert.equal(server.count("POST", "/api/tokens"), 1, "the same key again is no use");
    });

    it("happens again shortly before the token ends by its own word", async () => {
      const endsInS = 300;
      const token = () => {
        const claims = Buffer.from(JSON.stringify({ exp: clock.now() / 1000 + endsInS })).toString("base64url");
        return ok({ token: `head.${claims}.sign` });
      };
      server.on("POST", "/api/tokens", token);
      await client.regions.list();
      clock.advance((endsInS - 61) * 1000);
      await client.regions.list();
      assert.equal(server.logins, 1);
      clock.advance(2000);
      await client.regions.list();
      assert.equal(server.logins, 2);
    });

    it("does not happen for each call where this machine's clock is ahead of ICA's", async () => {
      const claims = Buffer.from(JSON.stringify({ exp: clock.now() / 1000 - 7200 })).toString("base64url");
      server.on("POST", "/api/tokens", ok({ token: `head.${claims}.sign` }));
      for (let call = 0; call < 3; call++) await client.regions.list();
      assert.equal(server.logins, 1);
    });

    it("that fails for a moment is tried again", async () => {
      server.inTurn("POST", "/api/tokens", problem(503, "Busy"), "reset", ok({ token: "jwt" }));
      await client.regions.list();
      assert.equal(server.logins, 3);
    });
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

    it("come to an end, with ICA's words", async () => {
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

    it("are made again when nobody listens, and then ask whether the emulator runs", async () => {
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

  describe("on the wire", () => {
    it("has the media type of its group", async () => {
      server.on("GET", "/api/dockerImages", ok({ items: [] }));
      server.on("POST", "/api/dockerImages:createInternal", ok(dockerImage()));
      await client.regions.list();
      await client.dockerImages.list();
      await client.dockerImages.createInternal(newImage);
      const header = (method: string, path: string, name: "accept" | "content-type") =>
        server.calls(method, path)[0]?.headers[name];
      assert.equal(
        header("POST", "/api/tokens", "accept"),
        "application/vnd.illumina.v3+json, application/problem+json",
      );
      assert.equal(
        header("GET", "/api/regions", "accept"),
        "application/vnd.illumina.v3+json, application/problem+json",
      );
      assert.equal(
        header("GET", "/api/dockerImages", "accept"),
        "application/vnd.illumina.v4+json, application/problem+json",
      );
      assert.equal(
        header("POST", "/api/dockerImages:createInternal", "content-type"),
        "application/vnd.illumina.v4+json",
      );
      assert.equal(header("GET", "/api/regions", "content-type"), undefined);
      assert.deepEqual(server.calls("POST", "/api/dockerImages:createInternal")[0]?.body, newImage);
    });

    it("has ids safely in its path", async () => {
      const odd = "a/b c?d#e%f";
      await failureOf(client.projectData.get(odd, "fil.1"));
      assert.deepEqual(
        server.seen.filter(({ method }) => method === "GET").map(({ path }) => path),
        ["/api/projects/a%2Fb%20c%3Fd%23e%25f/data/fil.1"],
      );
      assert.equal(path`/api/${"x:y"}:start`, "/api/x%3Ay:start");
    });

    it("has the tag of the version it is based on", async () => {
      const one = `/api/projects/${projectId}/workspaces/ws-1`;
      server.on("GET", one, ok(liveWorkspace(), { ETag: '"v7"' }));
      server.on("PUT", one, ok(liveWorkspace()));
      const { workspace, etag } = await client.workspaces.get(projectId, "ws-1");
      assert.equal(etag, '"v7"');
      const { id: _, status: __, ...settings } = workspace;
      await client.workspaces.update(projectId, "ws-1", settings, etag);
      await client.workspaces.update(projectId, "ws-1", settings, undefined);
      assert.deepEqual(
        server.calls("PUT", one).map(({ headers }) => headers["if-match"]),
        ['"v7"', undefined],
      );
    });

    it("never follows a redirect, which would carry the token to somebody else", async () => {
      const other = await ScriptedServer.start();
      const elsewhere = other.baseUrl;
      server.on("GET", "/api/regions", { status: 302, headers: { Location: `${elsewhere}/api/regions?for=me` } });
      const error = await failureOf(client.regions.list());
      assert.equal(error.status, 302);
      assert.equal(other.seen.length, 0);
      await other.close();
      const advice = `It leads to ${elsewhere}/api/regions, and is not followed with a key: set ica:baseUrl`;
      assert.ok(error.message.includes(advice), error.message);
    });
  });

  describe("that fails", () => {
    it("shows ICA's own words", async () => {
      server.on("GET", "/api/regions", problem(400, "Bad request", { detail: "No such tenant", id: "ref-1" }));
      const error = await failureOf(client.regions.list());
      assert.equal(
        error.message,
        "GET /api/regions was refused: ICA answered 400 and said: Bad request: No such tenant (ICA's reference ref-1).",
      );
      assert.equal(error.problem?.detail, "No such tenant");
    });

    it("names the field that does not have the documented form", async () => {
      server.on("GET", "/api/regions", ok({ items: [{ id: "r", code: 5 }] }));
      const error = await failureOf(client.regions.list());
      assert.equal(error.kind, "unexpected");
      assert.match(error.message, /items\.0\.code/);
      server.on("GET", "/api/regions", { status: 200, body: "<html>Login page</html>" });
      assert.match((await failureOf(client.regions.list())).message, /the whole answer.*another service/);
    });

    for (const secret of [apiKey, "jwt-1"]) {
      it(`never shows ${secret === apiKey ? "the API key" : "the token"}, even when ICA echoes it`, async () => {
        const long = `${"x".repeat(480)}${secret}`;
        const echo = { detail: `for ${secret}`, parameters: { [secret]: { deep: [secret] }, long }, id: secret };
        const answers = [
          problem(400, `You sent ${secret}`, echo),
          { status: 400, body: `<p>${"x".repeat(295)}${secret}</p>` },
          ok({ items: [{ id: secret, code: { [secret]: 1 } }] }),
        ];
        for (const answer of answers) {
          server.on("GET", "/api/regions", answer);
          const error = await failureOf(client.regions.list());
          for (const text of [error.message, error.stack ?? "", inspect(error, { depth: 10 }), JSON.stringify(error)]) {
            assert.ok(!text.includes(secret), `found in ${text}`);
            // Not even the part that a cut text would leave.
            assert.ok(!text.includes(secret.slice(0, 4)), `part found in ${text}`);
          }
        }
      });
    }

    it("without an answer keeps neither request nor headers", async () => {
      server.on("GET", "/api/regions", "reset");
      const error = await failureOf(client.regions.list());
      const text = inspect(error, { depth: 10, showHidden: true });
      assert.ok(!text.includes(apiKey) && !text.includes("jwt-1"), text);
      assert.equal(error.cause, undefined);
    });

    it("at log-in does not show the key either", async () => {
      server.on("POST", "/api/tokens", problem(403, `Key ${apiKey} is revoked`));
      const text = inspect(await failureOf(client.regions.list()), { depth: 10 });
      assert.ok(!text.includes(apiKey), text);
      assert.match(text, /Key \[secret\] is revoked/);
    });
  });
});
