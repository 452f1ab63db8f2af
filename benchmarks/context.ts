import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readContents } from "../provider/build-context/hash";

/**
 * Compares the contextHash of a context of 20,000 files and 1 GB with `find … | xargs -P2 sha256sum` over the same
 * files, in turn: cold (no stat cache; the operating system has cached the files for both) and warm. Prints a table and
 * JSON. ROUNDS (default 5) sets how many rounds the medians come from.
 */

const rounds = Number(process.env.ROUNDS ?? 5);
const files = 20_000;
const total = 1e9;
const bars = { cold: 1.25, warm: 0.5 };

/** Seconds. */
interface Round {
  readonly reference: number;
  readonly cold: number;
  readonly warm: number;
  /** Processor seconds. On a busy machine they are fewer than the seconds that pass. */
  readonly warmProcessor: number;
}

/** Writes mostly small files and one large file in a hundred, as in a repository with some data: 50 kB on average. */
async function makeContext(folder: string): Promise<number> {
  // A hash takes equally long for any content, but no two files may be alike.
  const content = Buffer.alloc(4e6, "all work and no play makes a dull context\n");
  const share = (index: number) => (index % 100 === 0 ? 30 : index % 10 === 0 ? 4 : 0.2 + (index % 7) / 20);
  const unit = total / Array.from({ length: files }, (_, index) => share(index)).reduce((sum, each) => sum + each, 0);
  let bytes = 0;
  for (let index = 0; index < files; index++) {
    const place = path.join(folder, `d${index % 200}`, `s${index % 7}`);
    await mkdir(place, { recursive: true });
    const data = Buffer.concat([Buffer.from(`${index}\n`), content.subarray(0, Math.round(unit * share(index)))]);
    await writeFile(path.join(place, `f${index}`), data);
    bytes += data.length;
  }
  await writeFile(path.join(folder, "Dockerfile"), "FROM scratch\nCOPY . /\n");
  return bytes;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The reference. The command is constant and runs in the context. */
async function reference(folder: string): Promise<void> {
  const command = "find . -type f -print0 | xargs -0 -P2 sha256sum > /dev/null";
  const child = spawn("sh", ["-c", command], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the reference ended with ${String(code)}`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("no rounds: set ROUNDS to at least 1");
  return middle;
}

async function main(): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-"));
  try {
    const context = path.join(dir, "context");
    const bytes = await makeContext(context);
    const cache = path.join(dir, "cache");
    // The cache ignores files that changed in the last few seconds. Moving the clock on makes the new context look as
    // old as a clone.
    const now = () => Date.now() + 60_000;
    const hash = async () => (await readContents({ context }, { folder: cache, now: now() })).contextHash;
    await reference(context);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      await rm(cache, { recursive: true, force: true });
      const known = await seconds(() => reference(context));
      let first = "";
      let second = "";
      const cold = await seconds(async () => {
        first = await hash();
      });
      const before = process.cpuUsage();
      const warm = await seconds(async () => {
        second = await hash();
      });
      const { user, system } = process.cpuUsage(before);
      if (first !== second) throw new Error("the cache changed the hash");
      measured.push({ reference: known, cold, warm, warmProcessor: (user + system) / 1e6 });
      process.stdout.write(
        `round ${round + 1}: reference ${known.toFixed(2)} s, cold ${cold.toFixed(2)} s, warm ${warm.toFixed(2)} s\n`,
      );
    }
    process.stdout.write(table(measured, bytes));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function table(measured: readonly Round[], bytes: number): string {
  const known = median(measured.map(({ reference: each }) => each));
  const cold = median(measured.map((each) => each.cold));
  const warm = median(measured.map((each) => each.warm));
  const processor = median(measured.map(({ warmProcessor }) => warmProcessor));
  const ratio = median(measured.map((each) => each.cold / each.reference));
  const line = (what: string, time: number, by: string, bar: string, met: boolean | undefined) =>
    `  ${what.padEnd(46)}${`${time.toFixed(2)} s`.padStart(8)}${by.padStart(9)}   ${bar.padEnd(10)}${met === undefined ? "" : met ? "met" : "MISSED"}`.trimEnd();
  return [
    "",
    `context of ${files} files, ${(bytes / 1e9).toFixed(2)} GB, medians of ${measured.length}`,
    `  ${"".padEnd(46)}${"time".padStart(8)}${"ratio".padStart(9)}   bar`,
    line("find … | xargs -P2 sha256sum", known, "", "", undefined),
    line("contextHash without a cache: ours ÷ reference", cold, ratio.toFixed(2), `≤ ${bars.cold}`, ratio <= bars.cold),
    line("contextHash with the stat cache", warm, (warm / known).toFixed(2), `≤ ${bars.warm} s`, warm <= bars.warm),
    line("  of it, processor time", processor, "", "", undefined),
    JSON.stringify({
      files,
      bytes,
      reference: known,
      cold,
      warm,
      warmProcessor: processor,
      coldRatio: ratio,
      rounds: measured,
    }),
    "",
  ].join("\n");
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
