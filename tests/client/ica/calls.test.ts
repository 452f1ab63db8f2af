import assert from "node:assert/strict";
import { inspect } from "node:util";
import { path } from "../../../provider/ica/transport/http";
import { projectId } from "../../support/context";
import { dockerImage, liveWorkspace } from "../../support/factories";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";
import { apiKey, eachClient, failureOf, newImage, type ScriptedClient } from "./each-client";

describe("a call to ICA", () => {
  let server: ScriptedClient["server"];
  let client: ScriptedClient["client"];

  eachClient((scripted) => {
    ({ server, client } = scripted);
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

    it("never follows a redirect, which would send the token to another host", async () => {
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
