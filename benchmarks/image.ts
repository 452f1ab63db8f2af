import { fork, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { startEmulator } from "../emulator/server";
import { type Compressor, CompressorNotFoundError, compressor } from "../provider/bzip2/compress";
import { systemClock } from "../provider/clock";
import { Docker } from "../provider/docker";
import { IcaClient } from "../provider/ica/client";
import { buildReleases, removeReleases } from "./image/content";
import { type Job, type Result, resultSchema } from "./image/publication";

/**
 * Image to ICA, the documented way (docker save | bzip2 > file, then upload the file) against ours, on the same machine, image
 * and emulator, in turn. Each upload, of either way, runs in a process of its own. Prints a table and JSON.
 * ROUNDS (default 5): the figures are medians of so many.
 */

const rounds = Number(process.env.ROUNDS ?? 5);
const publication = path.join(__dirname, "image/publication.ts");

interface Round {
  /** docker save | bzip2 > file, and the upload of the file. */
  readonly save: number;
  readonly upload: number;
  /** docker save | lbzip2 > /dev/null, where there is lbzip2. */
  readonly floor: number | undefined;
  readonly lbzip2: Result | undefined;
  readonly bzip2: Result;
  /** The next release: another last layer, and the cache that the first one left. */
  readonly next: Result;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("no rounds: set ROUNDS to at least 1");
  return middle;
}

/** `docker save`, through a compressor that is started once, as a person would. */
async function saved(docker: Docker, reference: string, command: string, to: Writable): Promise<void> {
  const save = spawn(docker.client.command, ["save", reference], { stdio: ["ignore", "pipe", "inherit"] });
  const pack = spawn(command, [], { stdio: ["pipe", "pipe", "inherit"] });
  await Promise.all([pipeline(save.stdout, pack.stdin), pipeline(pack.stdout, to)]);
}

/** Runs one upload in a process of its own. */
function inProcess(job: Job): Promise<Result> {
  const child = fork(publication, { execArgv: ["--import", "tsx"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(resultSchema.parse(message)));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the publication ended with ${code ?? "a signal"}`)));
    child.send(job);
  });
}

async function found(name: Compressor["name"]): Promise<Compressor | undefined> {
  try {
    return await compressor(process.env, [name]);
  } catch (error) {
    if (error instanceof CompressorNotFoundError) return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  // Else the SDK's notice about coming versions of Node stands between the figures.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-"));
  const emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator") });
  const docker = await Docker.find(process.env);
  let tags: string[] = [];
  try {
    tags = await buildReleases(docker, 2);
    const [first = "", second = ""] = tags;
    const plain = (await docker.inspect(first))?.Size ?? 0;
    const [parallel, single] = [await found("lbzip2"), await found("bzip2")];
    if (single === undefined) throw new Error("the documented way needs bzip2: install the package bzip2");
    const client = new IcaClient({
      baseUrl: `${emulator.url}/ica/rest`,
      apiKey: emulator.apiKey ?? "",
      clock: systemClock,
    });
    let files = 0;
    const upload = async (source: Job["source"]): Promise<Result> => {
      const name = `bench-${files++}.tar.bz2`;
      const file = { name, folderPath: "/bench/", formatCode: "DOCKER" };
      const { datum, credentials } = await client.projectData.createFileWithCredentials(emulator.projectId, file, name);
      const result = await inProcess({ source, credentials, endpoint: emulator.s3Url });
      await client.projectData.delete(emulator.projectId, datum.data.id);
      return result;
    };
    const measured: Round[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const file = path.join(dir, "image.tar.bz2");
      const cache = path.join(dir, `cache-${round}`);
      const save = await seconds(() => saved(docker, first, single.command, createWriteStream(file)));
      const sent = await upload({ file });
      bytes = sent.bytes;
      const floor =
        parallel && (await seconds(() => saved(docker, first, parallel.command, new Writable({ write: discard }))));
      const lbzip2 = parallel && (await upload({ reference: first, compressor: parallel, cache }));
      const bzip2 = await upload({
        reference: first,
        compressor: single,
        // The next release follows on the first one of this round.
        ...(lbzip2 === undefined ? { cache } : { cache: `${cache}-bzip2` }),
      });
      const next = await upload({ reference: second, compressor: parallel ?? single, cache });
      measured.push({ save, upload: sent.seconds, floor, lbzip2, bzip2, next });
      await rm(cache, { recursive: true, force: true });
      await rm(`${cache}-bzip2`, { recursive: true, force: true });
      process.stdout.write(
        `round ${round + 1}: documented ${save.toFixed(1)} + ${sent.seconds.toFixed(1)} s; ours with lbzip2 ${shown(lbzip2?.seconds)}, ` +
          `with bzip2 ${shown(bzip2.seconds)}, next release ${shown(next.seconds)} (${next.cached} of ${next.layers} layers cached)\n`,
      );
    }
    process.stdout.write(table(measured, plain, bytes));
  } finally {
    await emulator.close({ removeAll: true });
    await removeReleases(docker, tags);
    await rm(dir, { recursive: true, force: true });
  }
}

function table(measured: readonly Round[], plain: number, bytes: number): string {
  const of = (value: (round: Round) => number | undefined): number | undefined => {
    const values = measured.map(value).filter((number) => number !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const documented = median(measured.map((round) => round.save + round.upload));
  const lbzip2 = of((round) => round.lbzip2?.seconds);
  const bzip2 = of((round) => round.bzip2.seconds);
  const next = of((round) => round.next.seconds);
  const slower = of((round) => round.floor && Math.max(round.floor, round.upload));
  const memory = Math.max(...measured.flatMap((r) => [r.lbzip2?.memory ?? 0, r.bzip2.memory, r.next.memory])) / 1e6;
  const ratios = {
    firstWithLbzip2: lbzip2 && documented / lbzip2,
    firstWithBzip2: bzip2 && documented / bzip2,
    nextRelease: next && documented / next,
    toSlowerStep: lbzip2 && slower && lbzip2 / slower,
  };
  const line = (what: string, time: number | undefined, ratio: number | undefined, bar: string, met: boolean) =>
    `  ${what.padEnd(46)}${shown(time).padStart(8)}${(ratio?.toFixed(2) ?? "-").padStart(9)}   ${bar.padEnd(10)}${ratio === undefined ? "not measured" : met ? "met" : "MISSED"}`;
  const { firstWithLbzip2: a, firstWithBzip2: b, nextRelease: c, toSlowerStep: d } = ratios;
  return [
    "",
    `image of ${(plain / 1e6).toFixed(0)} MB, archive of ${(bytes / 1e6).toFixed(0)} MB, medians of ${measured.length}`,
    `  ${"".padEnd(46)}${"time".padStart(8)}${"ratio".padStart(9)}   bar`,
    `  ${"documented way (save, compress, upload)".padEnd(46)}${shown(documented).padStart(8)}`,
    line("first release, lbzip2: documented ÷ ours", lbzip2, a, "≥ 2.4", (a ?? 0) >= 2.4),
    line("  ours ÷ slower of save | lbzip2, upload", slower, d, "≤ 1.10", (d ?? 9) <= 1.1),
    line("first release, plain bzip2: documented ÷ ours", bzip2, b, "≥ 1.7", (b ?? 0) >= 1.7),
    line("next release: documented ÷ ours", next, c, "≥ 10", (c ?? 0) >= 10),
    `  ${"peak memory of the publishing process".padEnd(46)}${`${memory.toFixed(0)} MB`.padStart(8)}${"".padStart(12)}${"≤ 250 MB".padEnd(10)}${memory <= 250 ? "met" : "MISSED"}`,
    JSON.stringify({
      plain,
      bytes,
      documented,
      lbzip2,
      bzip2,
      next,
      slower,
      memoryMb: memory,
      ratios,
      rounds: measured,
    }),
    "",
  ].join("\n");
}

function shown(time: number | undefined): string {
  return time === undefined ? "-" : `${time.toFixed(1)} s`;
}

function discard(_chunk: unknown, _encoding: string, done: () => void): void {
  done();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
