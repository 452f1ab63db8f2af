import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Emulator } from "../../emulator/server";
import { benchImageHandler } from "../../provider/bench-image/handler";
import { systemClock } from "../../provider/clock";
import type { Context } from "../../provider/context";
import { Docker } from "../../provider/docker/cli";
import { IcaClient } from "../../provider/ica/client";
import { newRunMemory } from "../../provider/run-memory";
import { checkedImage } from "../../tests/support/known";
import { DockerRecorder } from "../../tests/support/programs/docker-recorder";
import { RecordingProxy } from "../../tests/support/servers/recording-proxy";

/** The calls and commands of one run of the provider. */
export interface Asked {
  readonly seconds: number;
  /** `GET /ica/rest/api/…`. */
  readonly rest: readonly string[];
  /** Shortened command lines. */
  readonly docker: readonly string[];
}

/**
 * Publishes an image, then repeats what an `up` does for it: on the same stack, and on a stack whose state does not
 * contain it.
 */
export async function runUnchanged(
  emulator: Emulator,
  docker: Docker,
  reference: string,
): Promise<{ same: Asked; lost: Asked }> {
  const folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-unchanged-"));
  const proxy = await RecordingProxy.start(emulator.url);
  try {
    const recorder = await DockerRecorder.in(folder, docker.client.command);
    const context = contextFor(emulator, proxy.url, new Docker({ ...docker.client, command: recorder.command }));
    const declared = { name: "benchmark", image: reference, access: { web: true, console: false }, verify: "none" };
    const asked = async (work: () => Promise<void>): Promise<Asked> => {
      proxy.take();
      await recorder.take();
      const start = performance.now();
      await work();
      const seconds = (performance.now() - start) / 1000;
      const rest = proxy.take().map((call) => `${call.method} ${call.path}`);
      return { seconds, rest, docker: (await recorder.take()).map((line) => line.split(" ").slice(0, 2).join(" ")) };
    };
    const { inputs } = await checkedImage(context(), declared, undefined);
    const { id, state } = await benchImageHandler.create(context(), inputs);
    const same = await asked(async () => {
      const run = context();
      const next = await checkedImage(run, declared, inputs);
      const change = await benchImageHandler.diff(run, id, state, next.inputs);
      if (change.kind !== "unchanged") throw new Error(`a second run is not unchanged: ${change.kind}`);
    });
    const lost = await asked(async () => {
      const run = context();
      const next = await checkedImage(run, declared, undefined);
      const taken = await benchImageHandler.create(run, next.inputs);
      if (taken.id !== id) throw new Error("the image was published a second time");
    });
    return { same, lost };
  } finally {
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a new context for each run of the engine, so that its client logs in as any new process does. */
function contextFor(emulator: Emulator, url: string, docker: Docker): () => Context {
  const config = {
    apiKey: emulator.apiKey ?? "",
    baseUrl: `${url}/ica/rest`,
    projectId: emulator.projectId,
    region: undefined,
    s3Endpoint: emulator.s3Url,
    layerCacheSize: 0,
    from: {},
  };
  const silent = () => undefined;
  return () => ({
    config,
    client: new IcaClient({ baseUrl: config.baseUrl, apiKey: config.apiKey, clock: systemClock }),
    docker: async () => docker,
    log: { info: silent, status: silent, warn: silent },
    clock: systemClock,
    signal: new AbortController().signal,
    run: newRunMemory(),
  });
}
