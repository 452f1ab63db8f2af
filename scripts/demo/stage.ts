import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exported } from "../../tests/support/exports";
import { command } from "../../tests/support/programs/command";
import { DockerRecorder } from "../../tests/support/programs/docker-recorder";
import { RecordingProxy } from "../../tests/support/servers/recording-proxy";

/** The demo's environment: an emulator and a Pulumi engine of its own, in a folder that is removed afterwards. */

const repository = path.resolve(__dirname, "../..");
const cli = path.join(repository, "dist/cli/main.js");

export interface Stage {
  readonly dir: string;
  readonly repository: string;
  /** Environment for pulumi: its engine, and the emulator and docker through recorders. */
  readonly env: Record<string, string>;
  readonly apiKey: string;
  /** The same settings for a person's shell, without the recorders. */
  readonly exports: Record<string, string>;
  readonly docker: string;
  readonly calls: RecordingProxy;
  readonly dockerCalls: DockerRecorder;
  emulator(...args: string[]): Promise<string>;
  close(options: { keep: boolean }): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-demo-"));
  const docker = process.env.ICA_BENCH_DOCKER ?? "docker";
  const emulatorDir = path.join(dir, "emulator");
  const emulator = async (...args: string[]) => {
    const { stdout } = await command(process.execPath, [cli, "emulator", ...args, "--dir", emulatorDir]);
    return stdout;
  };
  const settings = exported(await emulator("start", "--port", "0"));
  const calls = await RecordingProxy.start(settings.ICA_BASE_URL ?? "");
  const dockerCalls = await DockerRecorder.in(dir, docker);
  await mkdir(path.join(dir, "state"));
  const engine = {
    PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
    PULUMI_HOME: path.join(dir, "home"),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  return {
    dir,
    repository,
    env: { ...engine, ...settings, ICA_BASE_URL: calls.url, ICA_BENCH_DOCKER: dockerCalls.command },
    apiKey: settings.ICA_API_KEY ?? "",
    exports: { ...engine, ...settings },
    docker,
    calls,
    dockerCalls,
    emulator,
    async close({ keep }) {
      await calls.close();
      if (keep) return;
      await emulator("stop", "--purge");
      await rm(dir, { recursive: true, force: true });
    },
  };
}
