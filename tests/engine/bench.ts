import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import type { EmulatorConfig } from "../../emulator/config";
import { type faultOrder, standingOrder } from "../../emulator/faults/order";
import { faultsPath } from "../../emulator/faults/routes";
import { startEmulator } from "../../emulator/server";
import { command } from "../support/programs/command";
import { DockerRecorder } from "../support/programs/docker-recorder";
import { RecordingProxy } from "../support/servers/recording-proxy";
import "./own-connections";
import { readsItsFiles } from "./quick-stack";

const repository = path.resolve(__dirname, "../..");

const fileList = z.object({
  items: z.array(z.object({ data: z.object({ details: z.object({ name: z.string(), status: z.string() }) }) })),
});
const standing = z.object({ items: z.array(standingOrder) });

/** An emulator, an engine with a state of its own, and a record of what passes between them. */
export interface TestBench {
  readonly dir: string;
  /** What pulumi and the provider are run with. */
  readonly env: Record<string, string>;
  readonly apiKey: string;
  readonly projectId: string;
  readonly outsideNetwork: string;
  readonly calls: RecordingProxy;
  readonly docker: DockerRecorder;
  /** An address that signs in to the emulator's page. */
  signInUrl(): string;
  /** Calls the REST API as a person with a browser would, outside of the provider. */
  byHand(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** The files of the project. */
  files(): Promise<{ readonly name: string; readonly status: string }[]>;
  /** Orders that requests fail, as `ica-bench emulator fault` does. */
  order(fault: z.input<typeof faultOrder>): Promise<void>;
  /** How many requests have met what was ordered. */
  happened(): Promise<number>;
  /** What was ordered, and forgets it. */
  takeOrders(): Promise<{ readonly path: string; readonly method?: string | undefined; readonly happened: number }[]>;
  /** A copy of the quickstart's image folder, to be changed at will. */
  imageContext(name: string): Promise<string>;
  stack(name: string, program: PulumiFn): Promise<Stack>;
  /** Stops the emulator and starts it again, on its folder and its port. */
  restart(options: Partial<EmulatorConfig>): Promise<void>;
  close(): Promise<void>;
}

/** The provider leaves what it built in the local Docker, as a build by hand does; a test does not. */
async function removeBuiltImages(): Promise<void> {
  const client = process.env.ICA_BENCH_DOCKER ?? "docker";
  const { stdout } = await command(client, [
    "image",
    "ls",
    "--filter",
    "reference=pulumi-ica/page",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  const tags = stdout.split("\n").filter((tag) => tag !== "");
  if (tags.length > 0) await command(client, ["image", "rm", ...tags], { mayFail: true });
}

/** Starts everything that an engine test needs. The engine is the real one, found on PATH by set-up. */
export async function startTestBench(options: Partial<EmulatorConfig> = {}): Promise<TestBench> {
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-engine-"));
  const folder = path.join(dir, "emulator");
  let emulator = await startEmulator({ ...options, port: 0, dir: folder });
  const calls = await RecordingProxy.start(emulator.url);
  const docker = await DockerRecorder.in(dir, process.env.ICA_BENCH_DOCKER ?? "docker");
  const apiKey = emulator.apiKey ?? "";
  // The engine resolves the provider's code from the program's folder upwards: it has to be below the repository.
  await mkdir(path.join(repository, ".cache"), { recursive: true });
  const workDir = await mkdtemp(path.join(repository, ".cache", "engine-"));
  const home = path.join(dir, "home");
  const orders = async () => {
    const answer = await fetch(`${emulator.url}${faultsPath}`, { headers: { "X-API-Key": apiKey } });
    return standing.parse(await answer.json()).items;
  };
  await mkdir(path.join(dir, "state"), { recursive: true });
  const env = {
    // Without metadata=skip, Pulumi's file store keeps a second file beside each state. An engine that is killed while it
    // writes that file leaves it empty, and every later command fails with "failed to load checkpoint: EOF".
    PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    ICA_API_KEY: apiKey,
    ICA_PROJECT_ID: emulator.projectId,
    ICA_BASE_URL: `${calls.url}/ica/rest`,
    ICA_S3_ENDPOINT: emulator.s3Url,
    ICA_BENCH_DOCKER: docker.command,
  };
  return {
    dir,
    env,
    apiKey,
    projectId: emulator.projectId,
    outsideNetwork: emulator.workspaces.outsideNetwork,
    calls,
    docker,
    signInUrl: () => emulator.signInUrl(),
    async byHand(method, url, body) {
      const response = await fetch(`${emulator.url}/ica/rest${url}`, {
        method,
        headers: {
          "X-API-Key": apiKey,
          Accept: "application/vnd.illumina.v4+json, application/problem+json",
          ...(body === undefined ? {} : { "Content-Type": "application/vnd.illumina.v4+json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
    },
    async files() {
      const answer = await fetch(`${emulator.url}/ica/rest/api/projects/${emulator.projectId}/data?type=FILE`, {
        headers: { "X-API-Key": apiKey, Accept: "application/vnd.illumina.v3+json" },
      });
      return fileList.parse(await answer.json()).items.map(({ data }) => data.details);
    },
    async order(fault) {
      const { status } = await fetch(`${emulator.url}${faultsPath}`, {
        method: "POST",
        headers: { "X-API-Key": apiKey },
        body: JSON.stringify(fault),
      });
      assert.equal(status, 201);
    },
    async happened() {
      return (await orders()).reduce((sum, { happened }) => sum + happened, 0);
    },
    async takeOrders() {
      const items = await orders();
      await fetch(`${emulator.url}${faultsPath}`, { method: "DELETE", headers: { "X-API-Key": apiKey } });
      return items;
    },
    async imageContext(name) {
      const context = path.join(dir, name);
      await cp(path.join(repository, "examples/quickstart/image"), context, { recursive: true });
      return context;
    },
    async stack(name, program) {
      const declared = { stackName: name, projectName: "engine-test", program };
      const stack = await LocalWorkspace.createOrSelectStack(declared, { workDir, envVars: env });
      return readsItsFiles(stack, path.join(dir, "state"), declared.projectName);
    },
    async restart(changed) {
      const port = Number(new URL(emulator.url).port);
      await emulator.close();
      emulator = await startEmulator({ ...options, ...changed, port, dir: folder });
    },
    async close() {
      await emulator.close({ removeAll: true });
      // Tests in another process may be using images of theirs.
      if (docker.hasBuilt) await removeBuiltImages();
      await calls.close();
      await rm(dir, { recursive: true, force: true });
      await rm(workDir, { recursive: true, force: true });
    },
  };
}
