import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeProject } from "../../../cli/init/command";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { command } from "../../support/programs/command";

const repository = path.resolve(__dirname, "../../..");

describe("a stack that ica-bench init wrote", function () {
  this.timeout(180_000);
  let dir: string;
  let folder: string;
  let emulator: Emulator;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-init-"));
    // below the repository, so that it finds this package as if it were installed
    await mkdir(path.join(repository, ".cache"), { recursive: true });
    folder = await mkdtemp(path.join(repository, ".cache", "init-"));
    await mkdir(path.join(dir, "state"));
    emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator") });
  });
  after(async () => {
    await emulator?.close({ removeAll: true });
    await rm(dir, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  for (const kind of ["console", "web", "rstudio"] as const) {
    it(`is accepted by pulumi preview as it is: ${kind}`, async () => {
      const cwd = path.join(folder, `made-${kind}`);
      await writeProject(cwd, kind);
      const env = {
        PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
        PULUMI_HOME: path.join(dir, "home"),
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ICA_API_KEY: emulator.apiKey ?? "",
        ICA_PROJECT_ID: emulator.projectId,
        ICA_BASE_URL: `${emulator.url}/ica/rest`,
        ICA_S3_ENDPOINT: emulator.s3Url,
      };
      await command("pulumi", ["stack", "init", "dev"], { cwd, env });
      const { all } = await command("pulumi", ["preview", "--color", "never", "--non-interactive"], { cwd, env });
      assert.match(all, /3 to create/);
      assert.doesNotMatch(all, /warning|ICA0\d\d/);
    });
  }
});
