import type { Result } from "./publication";
import type { Asked } from "./unchanged";

export interface Round {
  /** Seconds of `docker save | bzip2 > file`, and of uploading the file. */
  readonly save: number;
  readonly upload: number;
  /** Seconds of `docker save | lbzip2 > /dev/null`, if lbzip2 is installed. */
  readonly floor: number | undefined;
  /** Seconds of `docker save > /dev/null` for the next release. */
  readonly saveOnly: number;
  readonly lbzip2: Result | undefined;
  readonly bzip2: Result;
  /** The next release: a different last layer, with the cache of the first release. */
  readonly next: Result;
}

/** One line of the table. A row without a bar is for information only. */
interface Row {
  readonly what: string;
  readonly value: number | undefined;
  readonly unit: "s" | "×" | "MB" | "calls";
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}

export interface Report {
  readonly image: { readonly plainBytes: number; readonly archiveBytes: number };
  readonly rows: readonly (Row & { readonly met?: boolean })[];
  readonly rounds: readonly Round[];
}

export function median(numbers: readonly (number | undefined)[]): number | undefined {
  const sorted = numbers.filter((number) => number !== undefined).sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

export function timeRows(rounds: readonly Round[]): Row[] {
  const of = (value: (round: Round) => number | undefined) => median(rounds.map(value));
  const ratio = (a: number | undefined, b: number | undefined) => (a && b ? a / b : undefined);
  const documented = of((round) => round.save + round.upload);
  const lbzip2 = of((round) => round.lbzip2?.seconds);
  const bzip2 = of((round) => round.bzip2.seconds);
  const next = of((round) => round.next.seconds);
  const floor = of((round) => round.floor);
  const saveOnly = of((round) => round.saveOnly);
  const slower = of((round) => round.floor && Math.max(round.floor, round.upload));
  const memory = rounds.flatMap((r) => [r.lbzip2?.memory ?? 0, r.bzip2.memory, r.next.memory]);
  return [
    { what: "documented way: save, compress, upload", value: documented, unit: "s" },
    { what: "  of it the upload of the file", value: of((round) => round.upload), unit: "s" },
    // Our upload includes this work and cannot be faster. A bar above `documented ÷ this` is out of reach on this
    // machine.
    { what: "docker save | lbzip2 > /dev/null", value: floor, unit: "s" },
    { what: "  documented ÷ this", value: ratio(documented, floor), unit: "×" },
    { what: "docker save > /dev/null", value: saveOnly, unit: "s" },
    { what: "  documented ÷ this", value: ratio(documented, saveOnly), unit: "×" },
    { what: "first release, lbzip2", value: lbzip2, unit: "s" },
    { what: "  documented ÷ ours", value: ratio(documented, lbzip2), unit: "×", bar: { atLeast: 2.4 } },
    {
      what: "  ours ÷ slower of save | lbzip2, upload",
      value: ratio(lbzip2, slower),
      unit: "×",
      bar: { atMost: 1.1 },
    },
    { what: "first release, plain bzip2", value: bzip2, unit: "s" },
    { what: "  documented ÷ ours", value: ratio(documented, bzip2), unit: "×", bar: { atLeast: 1.7 } },
    { what: "next release, last layer changed", value: next, unit: "s" },
    { what: "  documented ÷ ours", value: ratio(documented, next), unit: "×", bar: { atLeast: 10 } },
    memoryRow("peak memory of the uploading process", Math.max(...memory)),
  ];
}

export function memoryRow(what: string, bytes: number): Row {
  return { what, value: bytes / 1e6, unit: "MB", bar: { atMost: 250 } };
}

/** With `image:`, the provider has to ask Docker for the image's identity. */
export function unchangedRows({ same, lost }: { same: Asked; lost: Asked }): Row[] {
  const rows = (what: string, { seconds, rest, docker }: Asked): Row[] => [
    { what, value: seconds, unit: "s" },
    { what: "  REST calls, log-in included", value: rest.length, unit: "calls", bar: { atMost: 5 } },
    { what: `  Docker: ${docker.join(", ") || "nothing"}`, value: docker.length, unit: "calls", bar: { atMost: 1 } },
  ];
  return [...rows("unchanged, same stack", same), ...rows("unchanged, stack that knows nothing of it", lost)];
}

export function report(image: Report["image"], rows: readonly Row[], rounds: readonly Round[]): Report {
  return {
    image,
    rounds,
    rows: rows.map((row) => {
      const { value, bar } = row;
      if (value === undefined || bar === undefined) return row;
      return { ...row, met: "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost };
    }),
  };
}

export function table({ image, rows }: Report, title: string): string {
  const lines = rows.map(({ what, value, unit, bar, met }) => {
    const figure = value === undefined ? "-" : `${value.toFixed(digits[unit])} ${unit}`;
    const line = `  ${what.padEnd(46)}${figure.padStart(10)}`;
    if (bar === undefined) return line;
    const limit = "atLeast" in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`;
    return `${line}   ${limit.padEnd(8)}${met === undefined ? "not measured" : met ? "met" : "MISSED"}`;
  });
  const sizes = `image of ${(image.plainBytes / 1e6).toFixed(0)} MB, archive of ${(image.archiveBytes / 1e6).toFixed(0)} MB`;
  return ["", `${sizes}, ${title}`, ...lines, ""].join("\n");
}

const digits = { s: 1, "×": 2, MB: 0, calls: 0 } as const;
