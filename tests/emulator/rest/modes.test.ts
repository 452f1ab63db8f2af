import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { EmulatorConfig } from "../../../emulator/config";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { until } from "../../support/until";
import { Calls, settings } from "../workspaces/support";

const made = z.object({ id: z.string() });

describe("the emulator's modes", () => {
  let dir: string;
  let emulator: Emulator;
  let calls: Calls;
  let dockerHost: string | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-modes-"));
    // No engine listens there: every call that needs Docker fails.
    dockerHost = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = "tcp://127.0.0.1:9";
  });

  afterEach(async () => {
    await emulator.close({ removeAll: true });
    if (dockerHost === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = dockerHost;
    await rm(dir, { recursive: true, force: true });
  });

  async function start(options: Partial<EmulatorConfig>): Promise<void> {
    emulator = await startEmulator({ ...options, port: 0, dir, apiKey: "the-key" });
    calls = new Calls(emulator.url, "the-key", emulator.projectId);
  }

  async function workspace(): Promise<string> {
    const image = await calls.call("POST", "/dockerImages:createExternal", {
      name: "fleet",
      version: "1",
      type: "BENCH",
      url: "registry.example/fleet:1",
    });
    const created = await calls.on("POST", "", settings(made.parse(image.body).id));
    assert.equal(created.status, 201, JSON.stringify(created.body));
    return made.parse(created.body).id;
  }

  const status = async (id: string) => z.object({ status: z.string() }).parse((await calls.on("GET", `/${id}`)).body);
  const reaches = (id: string, wanted: string) =>
    until(`it is ${wanted}`, async () => (await status(id)).status === wanted, 10_000);

  describe("without containers", () => {
    it("takes a workspace through its whole life, and asks nothing of Docker", async () => {
      await start({ containers: false, transitionMs: 50 });
      const id = await workspace();
      assert.equal((await calls.on("POST", `/${id}:start`)).status, 204);
      await reaches(id, "Running");
      assert.equal((await calls.on("POST", `/${id}:stop`)).status, 204);
      await reaches(id, "Stopped");
      assert.equal((await calls.on("POST", `/${id}:delete`)).status, 204);
      assert.equal((await calls.on("GET", `/${id}`)).status, 404);
    });

    it("takes as long as the option says, and can be stopped in the meantime", async () => {
      await start({ containers: false, transitionMs: 2000 });
      const id = await workspace();
      await calls.on("POST", `/${id}:start`);
      assert.equal((await status(id)).status, "Starting");
      assert.equal((await calls.on("POST", `/${id}:stop`)).status, 204);
      assert.equal((await status(id)).status, "Stopping");
    });

    it("takes up what ran when it is started again", async () => {
      await start({ containers: false, transitionMs: 50 });
      const id = await workspace();
      await calls.on("POST", `/${id}:start`);
      await reaches(id, "Running");
      await emulator.close();
      await start({ containers: false, transitionMs: 50 });
      assert.equal((await status(id)).status, "Running");
      await calls.on("POST", `/${id}:stop`);
      await reaches(id, "Stopped");
    });
  });

  it("with a limit refuses what comes beyond it, and says when to come back", async () => {
    await start({ containers: false, requestsPerSecond: 5 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        fetch(`${emulator.url}/ica/rest/api/regions`, { headers: { "X-API-Key": "no" } }),
      ),
    );
    const refused = answers.filter((answer) => answer.status === 429);
    // A machine that takes seconds for so many lets more of them pass.
    assert.ok(refused.length > 0 && refused.length <= 25, `${refused.length} were refused`);
    for (const answer of refused) {
      assert.equal(answer.headers.get("Retry-After"), "1");
      assert.equal(answer.headers.get("Content-Type"), "application/problem+json");
      assert.equal(z.object({ title: z.string() }).parse(await answer.json()).title, "Too Many Requests");
    }
    await until("it answers again", async () => (await calls.on("GET", "")).status === 200, 5000);
  });
});
