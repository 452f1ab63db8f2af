import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import Dockerode from "dockerode";
import { supervise } from "../../../runtime/container/supervisor";

describe("supervision of a main process", () => {
  /** An engine with one container that runs and never ends. */
  const engine = createServer((req, res) => {
    if (req.url?.endsWith("/json")) {
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify({ State: { Running: true } }));
    }
  });
  before(async () => {
    await once(engine.listen(0, "127.0.0.1"), "listening");
  });
  after(() => {
    engine.close();
    engine.closeAllConnections();
  });

  it("ends on request only after its listener has finished its work", async () => {
    const { port } = engine.address() as AddressInfo;
    const container = new Dockerode({ host: "127.0.0.1", port, protocol: "http" }).getContainer("one");
    const stop = new AbortController();
    const steps: string[] = [];
    const listener = {
      alive: async () => {
        steps.push("opening");
        stop.abort(new Error("stopped"));
        await delay(100);
        steps.push("open");
      },
      ended: async () => undefined,
    };
    const timing = { aliveMs: 50, quickMs: 1, attempts: 1, backoffMs: 1 };
    const supervision = supervise({ container, beforeStart: async () => undefined }, listener, timing, stop.signal);
    await assert.rejects(supervision, /stopped/);
    assert.deepEqual(steps, ["opening", "open"]);
  });
});
