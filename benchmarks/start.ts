import path from "node:path";
import { startTestBench } from "../tests/engine/bench";
import { command } from "../tests/support/programs/command";
import { median } from "./image/table";
import { languagePreviews, pluginStart } from "./start/languages";
import { Program, type Variant } from "./start/programs";

/**
 * Measures how much longer a preview of the quickstart without changes takes than the same program with an empty dynamic
 * provider, in turn, with the real engine; and how long the package's entries take to load. Prints a table and JSON.
 * ROUNDS (default 5) sets how many rounds the medians come from. Uses dist: run `npm run build` first.
 * Then the same for one workspace in each language, and what the start of the plugin costs.
 */

const rounds = Number(process.env.ROUNDS ?? 5);
const barSeconds = 0.4;
const pluginBars = { ms: 300, megabytes: 80 } as const;
const root = path.resolve(__dirname, "..");

const order: readonly Variant[] = ["ica", "empty", "named"];

/** Seconds by variant, one for each round. */
type Measured = Record<Variant, number[]>;

async function previews(): Promise<Measured> {
  const bench = await startTestBench({ containers: false });
  const programs: [Variant, Program][] = [];
  const measured: Measured = { ica: [], empty: [], named: [] };
  try {
    for (const variant of order) programs.push([variant, await Program.create(variant, bench.env)]);
    // Warms up first. Afterwards each round starts with another variant.
    for (const [, program] of programs) await program.unchangedPreview();
    for (let round = 0; round < rounds; round++) {
      for (const [variant, program] of programs) measured[variant].push(await program.unchangedPreview());
      const first = programs.shift();
      if (first !== undefined) programs.push(first);
    }
    return measured;
  } finally {
    for (const [, program] of programs) await program.remove();
    await bench.close();
  }
}

/** Prints the milliseconds that an entry takes, when @pulumi/pulumi is loaded already, as in every program and provider. */
const loader = `
require("@pulumi/pulumi");
const start = performance.now();
require(process.argv[1]);
process.stdout.write(String(performance.now() - start), () => process.exit());
`;

const entries = ["pulumi-ica", "pulumi-ica/provider"] as const;

async function loads(): Promise<Record<string, number | undefined>> {
  const measured = new Map<string, number[]>(entries.map((entry) => [entry, []]));
  for (let round = 0; round < rounds; round++)
    for (const [entry, times] of measured) {
      const { stdout } = await command(process.execPath, ["-e", loader, entry], { cwd: root });
      times.push(Number(stdout));
    }
  return Object.fromEntries([...measured].map(([entry, times]) => [entry, median(times)]));
}

async function main(): Promise<void> {
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("ROUNDS has to be a whole number, 1 at least");
  const loading = await loads();
  const plugin = await pluginStart(rounds);
  const languages = await languagePreviews(rounds);
  const measured = await previews();
  const dynamic = languages.get("Node.js by dynamic resources") ?? Number.NaN;
  const judged = (figure: number, bar: number, unit: string) =>
    `bar: ${bar} ${unit}, ${figure <= bar ? "met" : "not met"}`;
  const seconds = (variant: Variant) => median(measured[variant]) ?? Number.NaN;
  // The two of one round were measured under the same load.
  const cost = (than: Variant) =>
    median(measured.ica.map((ours, round) => ours - (measured[than][round] ?? Number.NaN))) ?? Number.NaN;
  const met = cost("empty") <= barSeconds;
  const line = (what: string, value: string, note = "") =>
    `  ${what.padEnd(52)}${value.padStart(9)}  ${note}`.trimEnd();
  const compared = (than: Variant) =>
    `${cost(than) < 0 ? "" : "+"}${cost(than).toFixed(2)} s, ${(seconds("ica") / seconds(than)).toFixed(2)} times as long`;
  process.stdout.write(
    [
      "",
      `  preview without changes, medians of ${rounds} rounds`,
      line("quickstart", `${seconds("ica").toFixed(2)} s`),
      line(
        "empty dynamic provider",
        `${seconds("empty").toFixed(2)} s`,
        `${compared("empty")}; bar: +${barSeconds} s, ${met ? "met" : "not met"}`,
      ),
      line("empty dynamic provider, not serialized", `${seconds("named").toFixed(2)} s`, compared("named")),
      ...entries.map((entry) => line(`require("${entry}")`, `${loading[entry]?.toFixed(0)} ms`)),
      line("plugin: require", `${plugin.ms.toFixed(0)} ms`, judged(plugin.ms, pluginBars.ms, "ms")),
      line(
        "plugin: memory once it listens",
        `${plugin.megabytes.toFixed(0)} MB`,
        judged(plugin.megabytes, pluginBars.megabytes, "MB"),
      ),
      "",
      `  preview of one workspace without changes, medians of ${rounds} rounds`,
      ...[...languages].map(([name, value]) =>
        line(name, `${value.toFixed(2)} s`, `${(value / dynamic).toFixed(2)} times dynamic resources`),
      ),
      "",
      JSON.stringify({ plugin, languages: Object.fromEntries(languages) }),
      JSON.stringify({ rounds, barSeconds, met, loading, measured }),
      "",
    ].join("\n"),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
