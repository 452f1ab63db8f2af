import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { command } from "../../support/programs/command";
import { until } from "../../support/until";
import { startTestBench, type TestBench } from "../bench";

const repository = path.resolve(__dirname, "../../..");

describe("an engine that is killed in the middle of an up", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let env: Record<string, string>;
  const mark = randomUUID();

  before(async function () {
    if (process.platform !== "linux") {
      this.skip();
    }
    bench = await startTestBench({ imageDelayMs: 10_000 });
    env = { ...bench.env, KILLED_TEST: mark };
    await command("pulumi", ["stack", "init", "killed", "--non-interactive"], { cwd: repository, env });
  });

  after(async () => {
    await bench?.close();
  });

  const pulumi = (...args: string[]) =>
    command("pulumi", [...args, "--yes", "--non-interactive", "--color", "never"], { cwd: repository, env });

  /** Processes that came of this test's engine, found by their environment. */
  const descendants = () =>
    readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`KILLED_TEST=${mark}`);
        } catch (error) {
          assert.match(String(error), /ENOENT|ESRCH|EACCES/);
          return false;
        }
      });

  const seen = (pattern: RegExp) => bench.calls.calls.some(({ path: p }) => pattern.test(p));

  it("takes its provider with it: no build or upload continues on its own", async () => {
    const engine = spawn("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: repository,
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
    await until("the image is registered", () => seen(/:createInternal$/), 180_000);
    engine.kill("SIGKILL");
    await until("all its processes have ended", () => descendants().length === 0, 30_000);
  });

  it("is followed by an up that adopts what was done: one image, one archive, one build", async () => {
    bench.calls.take();
    await bench.docker.take();
    // The killed engine's lock on the state; its provider is gone.
    await pulumi("cancel", "killed");
    await pulumi("up", "--skip-preview");
    assert.ok(!seen(/data:createFile|:createInternal/), "nothing is uploaded or registered again");
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => /^(build|buildx|save|image save)/.test(line)),
      [],
    );
    const { items } = (await bench.byHand("GET", "/api/dockerImages")).body as { items: { status: string }[] };
    assert.deepEqual(
      items.map(({ status }) => status),
      ["AVAILABLE"],
    );
    await pulumi("destroy", "--remove");
  });
});
