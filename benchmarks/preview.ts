import { Facts } from "../cli/preview/facts";
import { Events } from "../cli/preview/read-events";
import { commentLimit, renderMarkdown, summaryLimit } from "../cli/preview/render/markdown";
import { renderText } from "../cli/preview/render/text";
import { reportOf } from "../cli/preview/report/build";

/**
 * Measures what `ica-bench preview` does when the engine is done, for stacks of 1, 50 and 500 changed resources: reads all
 * events, judges them, and renders the comment, the job's summary, text and JSON. Prints times, sizes and memory.
 */

const rounds = Number(process.env.ROUNDS ?? 5);
const sizes = [1, 50, 500];
const stack = "urn:pulumi:dev::team::";

function eventsOf(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) =>
    index % 5 === 4 ? imageStep(index) : workspaceStep(index),
  ).flat();
}

function step(type: string, name: string, op: string, before: object, after: object): unknown[] {
  const urn = `${stack}pulumi-nodejs:dynamic/ica:${type}::${name}`;
  const metadata = {
    op,
    urn,
    type: `pulumi-nodejs:dynamic/ica:${type}`,
    old: { inputs: before, outputs: before },
    new: { inputs: after, outputs: {} },
  };
  const debug = { severity: "debug", message: `Registering resource: t=${type}, name=${name}`.repeat(3) };
  return [
    ...Array.from({ length: 4 }, () => ({ diagnosticEvent: debug })),
    { resourcePreEvent: { metadata } },
    { resOutputsEvent: { metadata } },
  ];
}

function workspaceStep(index: number): unknown[] {
  const before = {
    ...{
      name: `analysis-${index}`,
      projectId: "11111111-1111-4111-8111-111111111111",
      image: "22222222-2222-4222-8222-222222222222",
    },
    ...{ resourceModel: "standard-small", storageGb: 128, access: { web: true, console: true }, network: "restricted" },
    ...{
      allowedUrls: ["https://cran.r-project.org", "https://pypi.org"],
      allowRestart: true,
      allowDataLoss: true,
      status: "Running",
    },
  };
  return index % 10 === 0
    ? step("Workspace", before.name, "replace", before, { ...before, storageGb: 64 })
    : step("Workspace", before.name, "update", before, { ...before, resourceModel: "standard-large" });
}

function imageStep(index: number): unknown[] {
  const before = {
    name: `image-${index}`,
    version: "4c1f09aa2b7d",
    contextHash: "a".repeat(64),
    regions: ["use1", "euc1"],
    archiveSize: 1.9e9,
  };
  return step("BenchImage", before.name, "replace", before, {
    ...before,
    version: "91be77d0c3e2",
    contextHash: "b".repeat(64),
  });
}

function factsOf(count: number): string {
  const paths = ["Dockerfile", "renv.lock", "scripts/setup.R", "data/reference.csv"];
  const reasons = paths.map((path) => ({ kind: "path", path, what: "changed" }));
  const line = (index: number) => ({
    v: 1,
    urn: `${stack}pulumi-nodejs:dynamic/ica:BenchImage::image-${index}`,
    fact: { kind: "rebuild", reasons },
  });
  return Array.from({ length: count }, (_, index) => JSON.stringify(line(index))).join("\n");
}

interface Measured {
  readonly ms: number;
  readonly comment: number;
  readonly whole: number;
  readonly json: number;
}

function measure(count: number): Measured {
  const all = eventsOf(count);
  const channel = factsOf(count);
  const start = performance.now();
  const events = new Events();
  for (const event of all) events.add(event);
  const observed = events.observed({ isRefreshed: false, hasFailed: false });
  const report = reportOf(observed, Facts.read(channel), { run: {}, time: new Date(), shownFile: (file) => file });
  const comment = renderMarkdown(report, { limit: commentLimit });
  const whole = renderMarkdown(report, { limit: summaryLimit });
  renderText(report, { colour: true });
  const json = JSON.stringify(report);
  const ms = performance.now() - start;
  return { ms, comment: Buffer.byteLength(comment), whole: Buffer.byteLength(whole), json: Buffer.byteLength(json) };
}

const rows = sizes.map((count) => {
  const measured = Array.from({ length: rounds }, () => measure(count)).sort((a, b) => a.ms - b.ms);
  const [first] = measured;
  const middle = measured[Math.floor((rounds - 1) / 2)] ?? first;
  if (middle === undefined) throw new Error("no rounds: set ROUNDS to at least 1");
  return {
    count,
    ...middle,
    slowest: measured.at(-1)?.ms ?? middle.ms,
    residentMb: Math.round(process.memoryUsage.rss() / 1e6),
  };
});

process.stdout.write(
  [
    "",
    `  after the engine is done; medians of ${rounds} rounds, the first one included in the slowest`,
    "  changed     time   slowest   comment   job summary      JSON   memory of the process",
    ...rows.map(({ count, ms, slowest, comment, whole, json, residentMb }) =>
      [
        String(count).padStart(9),
        `${ms.toFixed(0)} ms`.padStart(9),
        `${slowest.toFixed(0)} ms`.padStart(10),
        `${comment} B`.padStart(10),
        `${whole} B`.padStart(14),
        `${json} B`.padStart(10),
        `${residentMb} MB`.padStart(9),
      ].join(""),
    ),
    JSON.stringify(rows),
    "",
  ].join("\n"),
);
