import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { runningOn } from "../../../emulator/state/lock";
import { icaBench, type Outcome, program } from "../../cli/process";
import { exported } from "../../support/exports";
import { call } from "../support";

describe("an API key that was never printed", function () {
  this.timeout(90_000);
  let home: string;
  let dir: string;
  let other: Server | undefined;

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "pulumi-ica-untold-"));
    dir = path.join(home, "emulator");
  });
  afterEach(async () => {
    other?.close();
    await emulator("stop", "--purge");
    await rm(home, { recursive: true, force: true });
  });

  // without the key that this shell may have
  const env = { ICA_API_KEY: "" };
  const emulator = (...args: string[]): Promise<Outcome> => icaBench(["emulator", ...args, "--dir", dir], { env });

  async function takenPort(): Promise<string> {
    const server = createServer();
    other = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return String(address.port);
  }

  function keyOf({ stdout, stderr }: Outcome): string {
    const { ICA_API_KEY: key } = exported(stdout);
    assert.ok(key !== undefined, `the key is printed:\n${stderr}`);
    return key;
  }

  it("is made again by the next start when the first one found its port taken", async () => {
    assert.equal((await emulator("start", "--port", await takenPort())).code, 1);
    keyOf(await emulator("start", "--port", "0"));
  });

  it("does not replace the known one when --new-key found its port in use", async () => {
    const key = keyOf(await emulator("start", "--port", "0"));
    await emulator("stop");
    assert.equal((await emulator("start", "--new-key", "--port", await takenPort())).code, 1);
    const { ICA_BASE_URL: url = "", ICA_PROJECT_ID: project } = exported(
      (await emulator("start", "--port", "0")).stdout,
    );
    const { status } = await call(url, "GET", `/api/projects/${project}`, { headers: { "X-API-Key": key } });
    assert.equal(status, 200);
  });

  it("is made again by the next start, and no emulator stays, when the first one was interrupted", async () => {
    const args = [program, "emulator", "start", "--foreground", "--port", "0", "--dir", dir];
    // as `emulator start` does, and Ctrl-C right after
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.disconnect();
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
    assert.equal(await runningOn(dir), undefined);
    keyOf(await emulator("start", "--port", "0"));
  });
});
