import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type Dockerode from "dockerode";
import { z } from "zod";
import { startEmulator } from "../../../emulator/server";
import { connectDocker } from "../../../runtime/docker/connect";
import { benchImage, leftovers, sh } from "../../runtime/support";
import { Calls, settings, temporaryFolder } from "./support";

const PROGRAM = path.join(__dirname, "../../fixtures/emulator-process.ts");
const API_KEY = "a-key-that-tests-know";
const announced = z.object({ url: z.string(), projectId: z.string(), instance: z.string() });

describe("an emulator that is killed with kill -9", function () {
  this.timeout(120_000);
  let docker: Dockerode;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let child: ChildProcess | undefined;
  let instance: string;
  let calls: Calls;

  before(async () => {
    docker = await connectDocker();
    folder = await temporaryFolder();
    await start();
  });

  after(async () => {
    await kill();
    const last = await startEmulator({ port: 0, dir: folder.dir });
    await last.close({ removeAll: true });
    assert.deepEqual(await leftovers(docker, instance), []);
    await folder.remove();
  });

  async function start(): Promise<void> {
    child = spawn(process.execPath, ["--import", "tsx", PROGRAM, folder.dir, API_KEY], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.ok(child.stdout !== null);
    const [line] = await once(createInterface(child.stdout), "line");
    const emulator = announced.parse(JSON.parse(String(line)));
    instance = emulator.instance;
    calls = new Calls(emulator.url, API_KEY, emulator.projectId);
  }

  async function kill(): Promise<void> {
    if (child?.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
  }

  const containerOf = async (id: string) => {
    const found = await docker.listContainers({
      all: true,
      filters: { label: [`pulumi-ica.workspace=${id}`, "pulumi-ica=workspace"] },
    });
    assert.equal(found.length, 1, "one workspace, one container");
    return String(found[0]?.Id);
  };

  it("finds running workspaces again, and continues unfinished work", async () => {
    const imageId = await calls.image(await benchImage(docker), "bench");
    const make = async (name: string) => (await calls.create(settings(imageId, { name }))).id;
    const [running, ended, starting, stopping, idle] = [
      await make("running"),
      await make("ended"),
      await make("starting"),
      await make("stopping"),
      await make("idle"),
    ];
    for (const id of [running, ended, stopping]) {
      await calls.start(id);
    }
    for (const id of [running, ended, stopping]) {
      await calls.becomes(id, "Running");
    }
    const before = await containerOf(running);
    await calls.start(starting);
    await calls.stop(stopping);
    await kill();
    await docker.getContainer(await containerOf(ended)).kill();

    await start();
    const states = (await calls.list()).items.map(({ name, status }) => [name, status]);
    assert.deepEqual(Object.fromEntries(states), {
      running: "Running",
      ended: "Running",
      starting: "Starting",
      stopping: "Stopping",
      idle: "Stopped",
    });
    for (const id of [running, ended, starting]) {
      const { webUrl } = await calls.becomes(id, "Running");
      await answers(String(webUrl));
    }
    await calls.becomes(stopping, "Stopped");
    assert.equal(await containerOf(running), before, "what ran was left alone");
    assert.equal(await sh(docker, before, "wc -l < /data/starts"), "1");
    assert.equal((await calls.get(idle)).status, "Stopped");
  });

  async function answers(url: string): Promise<void> {
    const end = Date.now() + 30_000;
    while ((await fetch(url)).status !== 200) {
      assert.ok(Date.now() < end, `${url} does not answer`);
    }
  }
});
