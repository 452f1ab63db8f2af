import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { WebAccess } from "../../../emulator/workspaces/web";

describe("web access to a workspace", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function serve(listener: RequestListener): Promise<number> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** What a workspace with such a web server answers through the emulator. */
  async function ask(workspace: RequestListener): Promise<IncomingMessage> {
    const port = await serve(workspace);
    const record = { status: "Running", settings: { name: "w", access: { web: true, console: false } } };
    const access = new WebAccess(() => ({ record, port }));
    const front = await serve((req, res) => assert.ok(access.handleWeb(req, res)));
    const asked = get({ host: "127.0.0.1", port: front, path: "/bench-n-12345678-i12345678/" });
    const [answer]: IncomingMessage[] = await once(asked, "response");
    assert.ok(answer);
    return answer;
  }

  it("ends a response early when the workspace does, rather than let its client wait for the rest", async () => {
    for (const length of [{ "Content-Length": 100 }, {}]) {
      const answer = await ask((_req, res) => {
        res.writeHead(200, length).write("begun");
        setTimeout(() => res.destroy(), 20);
      });
      const whole = text(answer);
      await assert.rejects(Promise.race([whole, once(AbortSignal.timeout(5000), "abort")]), /aborted/);
    }
  });

  it("hands on an answer that ends with its connection", async () => {
    const answer = await ask((_req, res) => {
      res.useChunkedEncodingByDefault = false;
      res.writeHead(200).write("all ");
      setTimeout(() => res.end("of it"), 20);
    });
    assert.equal(await text(answer), "all of it");
  });
});
