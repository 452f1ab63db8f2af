import assert from "node:assert/strict";
import { ok, problem } from "../../support/servers/scripted-server";
import { apiKey, eachClient, failureOf, type ScriptedClient } from "./each-client";

describe("a call to ICA", () => {
  let server: ScriptedClient["server"];
  let clock: ScriptedClient["clock"];
  let client: ScriptedClient["client"];

  eachClient((scripted) => {
    ({ server, clock, client } = scripted);
  });

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

    it("does not happen for each call when this machine's clock is ahead of ICA's", async () => {
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
});
