import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { command } from "../../support/programs/command";

const repository = path.resolve(__dirname, "../../..");
const kept = path.join(repository, "tests/state/0.1.0");

describe("the state and the emulator's folder of version 0.1.0", function () {
  this.timeout(120_000);
  let dir: string;
  let program: string;
  let emulator: Emulator;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-state-"));
    await cp(path.join(kept, "store"), path.join(dir, "emulator", "store"), { recursive: true });
    await mkdir(path.join(dir, "state"), { recursive: true });
    emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator"), containers: false });
    // Below the repository, from where "pulumi-ica" is found.
    await mkdir(path.join(repository, ".cache"), { recursive: true });
    program = await mkdtemp(path.join(repository, ".cache", "state-"));
    await cp(kept, program, { recursive: true });
    assert.equal((await pulumi("stack", "init", "dev")).code, 0);
    const imported = await pulumi("stack", "import", "--file", "stack.json");
    assert.equal(imported.code, 0, imported.all);
  });

  after(async () => {
    await emulator.close({ removeAll: true });
    await rm(dir, { recursive: true, force: true });
    await rm(program, { recursive: true, force: true });
  });

  const pulumi = (...args: string[]) =>
    command("pulumi", [...args, "--non-interactive"], {
      cwd: program,
      mayFail: true,
      env: {
        PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_HOME: path.join(dir, "home"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ICA_API_KEY: emulator.apiKey ?? "",
        ICA_PROJECT_ID: emulator.projectId,
        ICA_BASE_URL: `${emulator.url}/ica/rest`,
        ICA_S3_ENDPOINT: emulator.s3Url,
      },
    });

  it("previews without a change", async () => {
    const { code, all } = await pulumi("preview", "--expect-no-changes");
    assert.equal(code, 0, all);
    assert.match(all, /4 unchanged/);
  });

  it("previews without a change after a refresh", async () => {
    const { code, all } = await pulumi("preview", "--refresh", "--expect-no-changes");
    assert.equal(code, 0, all);
    assert.match(all, /4 unchanged/);
  });
});
