import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { httpFetch } from "../../../../cli/comment/http-fetch";

const headers = { "PRIVATE-TOKEN": "glpat-secret", authorization: "token ghs_secret" };

describe("a call of ica-bench comment that is redirected", () => {
  const servers: Server[] = [];

  async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return `http://127.0.0.1:${address.port}`;
  }

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  for (const method of ["GET", "POST"])
    it(`takes no token to another server (${method})`, async () => {
      let calls = 0;
      const other = await listen((_, response) => {
        calls++;
        response.end("{}");
      });
      const api = await listen((_, response) => response.writeHead(302, { location: `${other}/sign-in` }).end());
      await assert.rejects(
        httpFetch(`${api}/api/v4/user`, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) }),
        { message: `127.0.0.1:${new URL(api).port} redirects to another server, 127.0.0.1:${new URL(other).port}` },
      );
      assert.equal(calls, 0);
    });

  it("follows one to another path of the same server, as for a repository that has a new name", async () => {
    const api = await listen((request, response) => {
      if (request.url === "/repos/old/name") response.writeHead(301, { location: "/repositories/1" }).end();
      else response.end(JSON.stringify({ url: request.url, token: request.headers["private-token"] }));
    });
    const answer = await httpFetch(`${api}/repos/old/name`, { headers });
    assert.deepEqual(await answer.json(), { url: "/repositories/1", token: "glpat-secret" });
  });
});
