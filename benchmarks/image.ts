import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Emulator, startEmulator } from "../emulator/server";
import { type Compressor, CompressorNotFoundError, compressor } from "../provider/bzip2/compress";
import { systemClock } from "../provider/clock";
import { Docker } from "../provider/docker/cli";
import { IcaClient } from "../provider/ica/client";
import { buildLarge, buildReleases, removeImages } from "./image/content";
import { saveAndCompress, saveOnly } from "./image/documented";
import type { Job, Result } from "./image/publication";
import { memoryRow, type Report, type Round, report, table, timeRows, unchangedRows } from "./image/table";
import { runUnchanged } from "./image/unchanged";
import { Uploader } from "./image/uploader";

/**
 * Compares two ways to bring an image to ICA on the same machine, image and emulator, in turn: the documented way
 * (docker save | bzip2 > file, then upload the file) and ours. Prints a table and JSON. ROUNDS (default 5) sets how
 * many rounds the medians come from; each round takes about 80 seconds on 2 cores. `--memory-gb N` compares the memory
 * for an image of N GB with that for the usual image instead.
 */

interface Bench {
  readonly docker: Docker;
  readonly emulator: Emulator;
  readonly dir: string;
  /** Tags to remove at the end. */
  readonly tags: string[];
  upload(source: Job["source"]): Promise<Result>;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function found(name: Compressor["name"]): Promise<Compressor | undefined> {
  try {
    return await compressor(process.env, [name]);
  } catch (error) {
    if (error instanceof CompressorNotFoundError) return undefined;
    throw error;
  }
}

async function needed(name: Compressor["name"]): Promise<Compressor> {
  const program = await found(name);
  if (program === undefined) throw new Error(`this benchmark needs ${name}: install the package ${name}`);
  return program;
}

async function measureTime({ docker, emulator, dir, tags, upload }: Bench, rounds: number): Promise<Report> {
  tags.push(...(await buildReleases(docker, 2)));
  const [first = "", second = ""] = tags;
  const [parallel, single] = [await found("lbzip2"), await needed("bzip2")];
  const measured: Round[] = [];
  let archiveBytes = 0;
  for (let round = 0; round < rounds; round++) {
    const file = path.join(dir, "image.tar.bz2");
    const [cache, other] = [path.join(dir, `cache-${round}`), path.join(dir, `cache-${round}-bzip2`)];
    const save = await seconds(() => saveAndCompress(docker, first, single.command, file));
    const sent = await upload({ file });
    archiveBytes = sent.bytes;
    const floor = parallel && (await seconds(() => saveAndCompress(docker, first, parallel.command)));
    // The next release follows the first one of this round.
    const lbzip2 = parallel && (await upload({ reference: first, compressor: parallel, cache }));
    const bzip2 = await upload({
      reference: first,
      compressor: single,
      cache: lbzip2 === undefined ? cache : other,
    });
    const next = await upload({ reference: second, compressor: parallel ?? single, cache });
    const alone = await seconds(() => saveOnly(docker, second));
    measured.push({ save, upload: sent.seconds, floor, saveOnly: alone, lbzip2, bzip2, next });
    for (const folder of [cache, other]) await rm(folder, { recursive: true, force: true });
    const shown = [
      `documented ${save.toFixed(1)} + ${sent.seconds.toFixed(1)} s`,
      `save | lbzip2 ${floor?.toFixed(1) ?? "-"} s`,
      `ours with lbzip2 ${lbzip2?.seconds.toFixed(1) ?? "-"} s, with bzip2 ${bzip2.seconds.toFixed(1)} s`,
      `next release ${next.seconds.toFixed(1)} s (${next.cached} of ${next.layers} layers cached), docker save alone ${alone.toFixed(1)} s`,
    ];
    process.stdout.write(`round ${round + 1}: ${shown.join("; ")}\n`);
  }
  const unchanged = await runUnchanged(emulator, docker, first);
  const plainBytes = (await docker.inspect(first))?.Size ?? 0;
  return report({ plainBytes, archiveBytes }, [...timeRows(measured), ...unchangedRows(unchanged)], measured);
}

/** The first release of the usual image and of a large one, each with an empty cache. */
async function measureMemory({ docker, dir, tags, upload }: Bench, gigabytes: number): Promise<Report> {
  const [usual = ""] = await buildReleases(docker, 1);
  tags.push(usual);
  const large = await buildLarge(docker, gigabytes * 1e9);
  tags.push(large);
  const program = (await found("lbzip2")) ?? (await needed("bzip2"));
  const job = (reference: string) => ({ reference, compressor: program, cache: path.join(dir, "cache") });
  const one = await upload(job(usual));
  const other = await upload(job(large));
  const plainBytes = (await docker.inspect(large))?.Size ?? 0;
  const rows = [
    { what: "first release of it", value: other.seconds, unit: "s" as const },
    memoryRow("peak memory for the usual image", one.memory),
    memoryRow("peak memory for this one", other.memory),
  ];
  return report({ plainBytes, archiveBytes: other.bytes }, rows, []);
}

async function main(): Promise<void> {
  const rounds = Number(process.env.ROUNDS ?? 5);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("ROUNDS has to be a whole number, 1 at least");
  const { values } = parseArgs({ options: { "memory-gb": { type: "string" } } });
  // Keeps the SDK's notice about future versions of Node out of the figures.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-"));
  const emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator") });
  const docker = await Docker.find(process.env);
  const uploader = await Uploader.compile();
  const tags: string[] = [];
  const baseUrl = `${emulator.url}/ica/rest`;
  const { projectData } = new IcaClient({ baseUrl, apiKey: emulator.apiKey ?? "", clock: systemClock });
  let files = 0;
  async function upload(source: Job["source"]): Promise<Result> {
    const name = `bench-${files++}.tar.bz2`;
    const file = { name, folderPath: "/bench/", formatCode: "DOCKER" };
    const { datum, credentials } = await projectData.createFileWithCredentials(emulator.projectId, file, name);
    const result = await uploader.run({ source, credentials, endpoint: emulator.s3Url });
    await projectData.delete(emulator.projectId, datum.data.id);
    return result;
  }
  const bench = { docker, emulator, dir, tags, upload };
  try {
    const gigabytes = values["memory-gb"];
    const made =
      gigabytes === undefined ? await measureTime(bench, rounds) : await measureMemory(bench, Number(gigabytes));
    process.stdout.write(table(made, gigabytes === undefined ? `medians of ${rounds}` : "one run"));
    process.stdout.write(`${JSON.stringify(made)}\n`);
  } finally {
    await uploader.remove();
    await emulator.close({ removeAll: true });
    await removeImages(docker, tags);
    await rm(dir, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
