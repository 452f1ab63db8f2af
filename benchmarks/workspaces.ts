import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { startTestBench, type TestBench } from "../tests/engine/bench";
import { bytesPerWorkspace, declareFleet, listAll, makeImage, multiply } from "../tests/engine/workspaces/fleet";

/**
 * Measures many workspaces without containers: a refresh with shared list calls against one GET each (same stack, same
 * run, in turn), and an `up` where ICA answers 10 calls a second. Prints a table and JSON.
 *
 * Environment: COUNT (workspaces to refresh, 1000), UP (workspaces to create, 200), ROUNDS (2), LATENCY_MS (delay added
 * to every call, because ICA is across the internet: 50).
 */

const count = Number(process.env.COUNT ?? 1000);
const upCount = Number(process.env.UP ?? 200);
const rounds = Number(process.env.ROUNDS ?? 2);
const latencyMs = Number(process.env.LATENCY_MS ?? 50);
const perSecond = 10;
const parallel = 32;

interface Measured {
  readonly calls: number;
  readonly seconds: number;
  /** Largest resident size of the provider process, MB. */
  readonly providerMb: number;
}

/** The peak resident size so far of the processes that run this benchmark's dynamic resources. */
class ProviderMemory {
  #peakKb = 0;
  readonly #timer = setInterval(() => void this.#look(), 250);

  async #look(): Promise<void> {
    const { stdout } = await promisify(execFile)("ps", ["-axo", "rss=,args="], { maxBuffer: 1 << 24 });
    for (const line of stdout.split("\n")) {
      const [, rss, args] = /^ *(\d+) (.*)$/.exec(line) ?? [];
      if (args?.includes("cmd/dynamic-provider")) this.#peakKb = Math.max(this.#peakKb, Number(rss));
    }
  }

  stop(): number {
    clearInterval(this.#timer);
    return this.#peakKb / 1024;
  }
}

async function measure(bench: TestBench, work: () => Promise<unknown>): Promise<Measured> {
  bench.calls.take();
  const memory = new ProviderMemory();
  const start = performance.now();
  try {
    await work();
    const seconds = (performance.now() - start) / 1000;
    return { calls: bench.calls.take().length, seconds, providerMb: memory.stop() };
  } finally {
    memory.stop();
  }
}

/** The round with the median time; of two rounds, the faster one. */
function median(measured: readonly Measured[]): Measured {
  const middle = [...measured].sort((a, b) => a.seconds - b.seconds)[Math.floor((measured.length - 1) / 2)];
  if (middle === undefined) throw new Error("no rounds: set ROUNDS to at least 1");
  return middle;
}

async function refreshes(): Promise<{ shared: Measured; single: Measured; stateBytes: number }> {
  const bench = await startTestBench({ containers: false });
  try {
    const image = await makeImage(bench);
    let declared = 1;
    const stack = await bench.stack("many", async () => declareFleet(declared, image));
    await stack.up();
    await multiply(bench, stack, count);
    declared = count;
    bench.calls.latencyMs = latencyMs;
    const shared: Measured[] = [];
    const single: Measured[] = [];
    // Warms up first, so that the first variant has no disadvantage. The variants also take turns at going first.
    await stack.preview();
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) shared.push(await refresh(bench, stack, "true"));
      single.push(await refresh(bench, stack, "false"));
      if (round % 2 === 1) shared.push(await refresh(bench, stack, "true"));
    }
    return { shared: median(shared), single: median(single), stateBytes: await bytesPerWorkspace(stack) };
  } finally {
    await bench.close();
  }
}

function refresh(bench: TestBench, stack: Stack, sharedReads: string): Promise<Measured> {
  stack.workspace.envVars.ICA_SHARED_READS = sharedReads;
  return measure(bench, () => stack.preview({ refresh: true }));
}

async function limitedUp(): Promise<Measured & { made: number; duplicates: number; refused: number }> {
  const bench = await startTestBench({ containers: false, requestsPerSecond: perSecond });
  try {
    const image = await makeImage(bench);
    bench.calls.latencyMs = latencyMs;
    const stack = await bench.stack("limited", async () => declareFleet(upCount, image, { desiredState: "running" }));
    let refused = 0;
    const measured = await measure(bench, async () => {
      await stack.up({ parallel });
      refused = bench.calls.calls.filter(({ status }) => status === 429).length;
    });
    const made = await listAll(bench);
    const names = new Set(made.map(({ name }) => name));
    return { ...measured, made: made.length, duplicates: made.length - names.size, refused };
  } finally {
    await bench.close();
  }
}

function row(what: string, { calls, seconds, providerMb }: Measured, more = ""): string {
  const cells = [
    String(calls).padStart(6),
    `${seconds.toFixed(1)} s`.padStart(9),
    `${providerMb.toFixed(0)} MB`.padStart(8),
  ];
  return `  ${what.padEnd(48)}${cells.join("")}  ${more}`.trimEnd();
}

async function main(): Promise<void> {
  const { shared, single, stateBytes } = await refreshes();
  process.stdout.write(
    [
      "",
      `  each call takes ${latencyMs} ms longer than on loopback; medians of ${rounds} rounds`,
      `  ${"".padEnd(48)} calls     time  memory of the provider`,
      row(`preview --refresh of ${count}, list calls shared`, shared),
      row(
        `preview --refresh of ${count}, one GET each`,
        single,
        `${(single.seconds / shared.seconds).toFixed(2)} times as long`,
      ),
      "",
    ].join("\n"),
  );
  const up = await limitedUp();
  process.stdout.write(
    [
      row(
        `up of ${upCount}, parallel ${parallel}, ${perSecond} calls a second`,
        up,
        `${up.made} made, ${up.duplicates} duplicates, ${up.refused} calls refused on the way`,
      ),
      `  state: at most ${stateBytes} bytes a workspace`,
      JSON.stringify({
        count,
        latencyMs,
        rounds,
        shared,
        single,
        stateBytes,
        up: { count: upCount, parallel, perSecond, ...up },
      }),
      "",
    ].join("\n"),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
