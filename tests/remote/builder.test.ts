import { strict as assert } from "node:assert";
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import * as ica from "../../sdk/index";
import { startTestBench, type TestBench } from "../engine/bench";
import { openUploads } from "../support/servers/open-uploads";
import { isWrite } from "../support/servers/recording-proxy";
import { until } from "../support/until";
import { docker, RemoteBuilder, temporaryFolder } from "./builder";
import { changeDockerfile, makeContext } from "./image";

const dataList = z.object({
  items: z.array(z.object({ data: z.object({ details: z.object({ path: z.string(), status: z.string() }) }) })),
});

describe("a builder that is not the local Docker", function () {
  this.timeout(300_000);
  let builder: RemoteBuilder;
  let bench: TestBench;
  let folder: string;
  let context: string;
  let stack: Stack;
  let workspaces = true;
  let build: Partial<ica.BuildArgs> = {};

  before(async () => {
    builder = await RemoteBuilder.start();
    bench = await startTestBench();
    folder = await temporaryFolder();
    context = await makeContext(path.join(folder, "image"));
    stack = await bench.stack("remote", async () => {
      const image = new ica.BenchImage("far-page", {
        build: { context, builder: builder.name, ...build },
        access: { web: true },
      });
      const { imageDigest, archiveSha256, dataId } = image;
      if (!workspaces) return { imageDigest, archiveSha256, dataId };
      const workspace = new ica.Workspace("hello", {
        image: image.imageId,
        resourceModel: "standard-small",
        storageGb: 10,
        access: { web: true },
        network: "public",
        desiredState: "running",
      });
      return { imageDigest, archiveSha256, dataId, webUrl: workspace.webUrl };
    });
    // The provider reaches no Docker engine at all; the emulator, in this process, does.
    stack.workspace.envVars.DOCKER_HOST = "unix:///nowhere/docker.sock";
  });

  after(async () => {
    await bench?.close();
    await builder?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const outputs = async () =>
    Object.fromEntries(Object.entries(await stack.outputs()).map(([key, { value }]) => [key, String(value)]));

  /** What of our name the local Docker has; what the emulator loads has a name of the emulator's. */
  const ofOurs = async () =>
    (await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "pulumi-ica/far-page")).stdout;

  const archives = async () => {
    const url = `${bench.env.ICA_BASE_URL}/api/projects/${bench.projectId}/data?pageSize=100`;
    const headers = { "X-API-Key": bench.apiKey, Accept: "application/vnd.illumina.v3+json" };
    const { items } = dataList.parse(await (await fetch(url, { headers })).json());
    return items
      .map(({ data: { details } }) => `${details.status} ${details.path}`)
      .filter((file) => file.includes("/bench-images/far-page"));
  };

  it("publishes an image that a workspace runs, and that the local Docker never had", async () => {
    await bench.docker.take();
    const up = await stack.up();
    const said = await bench.docker.take();
    assert.deepEqual([...new Set(said.map((line) => line.split(" ").slice(0, 2).join(" ")))].sort(), [
      "--version",
      "buildx build",
      "buildx inspect",
      "buildx version",
    ]);
    assert.match(
      said.find((line) => line.startsWith("buildx build")) ?? "",
      /--builder far .*--output|--output.*--builder far/,
    );
    assert.equal(await ofOurs(), "");
    assert.equal((await archives()).length, 1);
    for (const step of ["on the builder far", "[2/4]", "built in", "uploaded"])
      assert.ok(up.stdout.includes(step), `progress tells "${step}":\n${up.stdout}`);
    const { webUrl = "", imageDigest = "" } = await outputs();
    assert.equal(await (await fetch(webUrl)).text(), "Built far away\n");
    const { stdout } = await docker("image", "ls", "--all", "--no-trunc", "--format", "{{.ID}}");
    assert.ok(stdout.includes(imageDigest), `the emulator loaded the very image (${imageDigest}):\n${stdout}`);
  });

  it("is not asked a second time: no docker call, no write", async () => {
    bench.calls.take();
    await bench.docker.take();
    const again = await stack.up();
    assert.deepEqual(Object.keys(again.summary.resourceChanges ?? {}), ["same"], again.stdout);
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(await bench.docker.take(), []);
  });

  it("leaves nothing in the project of an image that Bench would refuse", async () => {
    workspaces = false;
    const before = await archives();
    // What a RUN does to the file is not read from the Dockerfile.
    await changeDockerfile(context, (text) =>
      text.replace("USER ica", 'RUN ["perl", "-e", "chmod 0644, </usr/local/bin/ica_start*>"]\nUSER ica'),
    );
    await assert.rejects(stack.up(), (error: Error) => {
      assert.match(error.message, /would not run in Bench, so it was not uploaded/);
      assert.match(error.message, /ICA005 .*may not be executed by 1000:100 \(mode 0644/);
      return true;
    });
    assert.deepEqual(await archives(), before);
    assert.deepEqual(await openUploads(path.join(bench.dir, "emulator")), []);
    assert.equal(await ofOurs(), "");
  });

  it("names the step that failed, with its last twenty lines and not two thousand", async () => {
    const before = await archives();
    await changeDockerfile(context, (text) =>
      text.replace("USER ica", "RUN seq 1 2000; echo broken; exit 7\nUSER ica"),
    );
    await assert.rejects(stack.up(), (error: Error) => {
      assert.match(error.message, /docker build failed at \[5\/5\] RUN seq 1 2000; echo broken; exit 7: exit code: 7/);
      const told = (error.message.split("docker build failed").at(-1) ?? "").split("\n").map((line) => line.trim());
      assert.ok(told.includes("1982") && told.includes("broken"));
      assert.ok(!told.includes("1981"));
      return true;
    });
    assert.deepEqual(await archives(), before);
  });

  it("that is killed in the middle fails clearly, and the next run publishes", async () => {
    const marker = "RUN echo step of a builder that dies; sleep 120";
    await changeDockerfile(context, (text) => text.replace("USER ica", `${marker}\nUSER ica`));
    const failed = stack.up();
    failed.catch(() => undefined);
    await until("the step runs", async () => (await processesOf("step of a builder that dies")).length > 0);
    await builder.kill();
    // What a builder runs outlives it, as it would on a machine of its own.
    for (const pid of await processesOf("step of a builder that dies")) process.kill(pid, "SIGKILL");
    await assert.rejects(failed, (error: Error) => {
      assert.match(error.message, /docker build failed/);
      assert.match(error.message, /builder ended or cannot be reached.*Running the same command again is safe/);
      return true;
    });
    assert.deepEqual(await openUploads(path.join(bench.dir, "emulator")), []);
    await builder.run();
    await changeDockerfile(context, (text) => text.replace("USER ica", "RUN echo it lives\nUSER ica"));
    await stack.up();
    assert.match((await outputs()).imageDigest ?? "", /^sha256:/);
  });

  it("is published also when its layers come from a cache, compressed as that has them", async () => {
    const cache = path.join(folder, "cache");
    build = { cacheTo: [`type=local,dest=${cache},compression=gzip`], triggers: ["fills the cache"] };
    await stack.up();
    await builder.forget();
    build = {
      cacheFrom: [`type=local,src=${cache}`],
      triggers: ["uses the cache"],
      labels: { "org.example.kept": "yes" },
    };
    const { stdout } = await stack.up();
    assert.match(stdout, /RUN useradd .* \(cached\)/);
    assert.match((await outputs()).imageDigest ?? "", /^sha256:/);
    build = {};
  });

  it("is refused in the preview when there is no such builder", async () => {
    build = { builder: "nowhere", triggers: ["anew"] };
    await assert.rejects(stack.preview(), /build\.builder.*no builder \\?"nowhere\\?" found.*docker buildx ls/s);
    build = {};
  });
});

/** Shells that run a step with these words. */
async function processesOf(words: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    try {
      const line = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
      if (line.startsWith("/bin/sh -c ") && line.includes(words)) found.push(Number(pid));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
