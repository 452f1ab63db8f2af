import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { watchEngine } from "../../../provider/pulumi/engine-watch";
import { until } from "../../support/until";

const script = path.resolve(__dirname, "../../fixtures/engine-process.ts");

/** A process that stands for the engine, and one that watches it. */
class Engine {
  port = 0;
  connections = 0;
  /** Both have ended: it is their last common output that is closed. */
  over = false;

  private constructor(readonly process: ChildProcess) {}

  static async start(closesAfterMs = 0): Promise<Engine> {
    const child = spawn(process.execPath, ["--require", "tsx", script, String(closesAfterMs)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const engine = new Engine(child);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n").filter((each) => each !== ""))
        if (line === "connection") engine.connections++;
        else engine.port = Number(line);
    });
    child.stdout?.once("close", () => {
      engine.over = true;
    });
    await until("the watch holds a connection", () => engine.connections > 0, 20_000);
    return engine;
  }

  async killed(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }
}

async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => undefined));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("the watch over the engine", function () {
  this.timeout(40_000);
  let engine: Engine | undefined;
  const servers: Server[] = [];

  afterEach(async () => {
    engine?.process.kill("SIGKILL");
    for (const server of servers.splice(0)) server.close();
  });

  it("sees an engine that was gone before its first look", async () => {
    const server = await listen();
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    await new Promise<void>((gone) => watchEngine(`127.0.0.1:${port}`, gone));
  });

  it("sees a killed engine within two seconds", async () => {
    engine = await Engine.start();
    await engine.killed();
    await until("the watch has seen it", () => engine?.over === true, 2000);
  });

  it("treats an engine that is only stopped, as on a sleeping machine, as alive", async () => {
    engine = await Engine.start();
    engine.process.kill("SIGSTOP");
    // Time itself is what is tried here: a watch that asks for an answer would have none.
    await delay(6000);
    engine.process.kill("SIGCONT");
    assert.ok(!engine.over, "the watcher has ended");
    await engine.killed();
    await until("the watch has seen that it is gone now", () => engine?.over === true, 2000);
  });

  it("stays with an engine that closes connections on which nothing is said", async () => {
    engine = await Engine.start(20);
    await until("it has come back", () => (engine?.connections ?? 0) > 4, 20_000);
    assert.ok(!engine.over, "the watcher has ended");
  });

  it("does not mistake another program at the engine's port for the engine", async function () {
    // Elsewhere a process keeps the number of its parent when that ends.
    if (process.platform === "win32") this.skip();
    engine = await Engine.start();
    const { port } = engine;
    await engine.killed();
    servers.push(await listen(port));
    await until("the watch has seen that it is gone", () => engine?.over === true, 2000);
  });

  for (const address of ["", "engine", ":80", "127.0.0.1", "127.0.0.1:http"])
    it(`watches nothing when the address is "${address}"`, () => watchEngine(address, () => assert.fail()));
});
