import { strict as assert } from "node:assert";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { parseAccess } from "../../../cli/access";
import { collectPair } from "../../../cli/pairs";
import type { RunEvent } from "../../../cli/run/events";
import { parseBytes, parseCpus, parseGpus, parseVolume } from "../../../cli/run/options";
import { JsonReporter, PlainReporter, TerminalReporter } from "../../../cli/run/report";
import { imageTag, newInstance } from "../../../runtime/trial/instances";

const start: readonly RunEvent[] = [
  { event: "plan", steps: ["build", "contract"] },
  { event: "step", step: "build", state: "started" },
  { event: "log", line: "from the image" },
  { event: "step", step: "build", state: "done", seconds: 1.25 },
  { event: "step", step: "contract", state: "failed", seconds: 0.1 },
];

function written(
  make: (out: NodeJS.WritableStream) => { tell(event: RunEvent): void },
  events: readonly RunEvent[],
): string {
  const out = new PassThrough();
  const reporter = make(out);
  for (const event of events) reporter.tell(event);
  return out.read()?.toString() ?? "";
}

/** What is to be seen on a terminal that knows "so many lines up" and "clear to the end". */
function screen(text: string): string[] {
  let lines = [""];
  for (const part of text.replaceAll("\x1b", "ESC").split(/(ESC\[\d+AESC\[J|\n)/)) {
    const up = /^ESC\[(\d+)A/.exec(part)?.[1];
    if (up !== undefined) lines = [...lines.slice(0, lines.length - 1 - Number(up)), ""];
    else if (part === "\n") lines.push("");
    else lines[lines.length - 1] += part;
  }
  return lines;
}

describe("what ica-bench run shows", () => {
  it("on a terminal is a checklist that fills in below the lines", () => {
    assert.deepEqual(screen(written((out) => new TerminalReporter(out), start.slice(0, 3))), [
      "  | from the image",
      "  … Build the image",
      "  ○ Check the contract",
      "",
    ]);
    assert.deepEqual(screen(written((out) => new TerminalReporter(out), start)), [
      "  | from the image",
      "  ✔ Build the image (1.3 s)",
      "  ✘ Check the contract (0.1 s)",
      "",
    ]);
  });

  it("does not move the list once it is done", () => {
    const events: RunEvent[] = [...start, { event: "failed", message: "no" }, { event: "log", line: "later" }];
    assert.deepEqual(screen(written((out) => new TerminalReporter(out), events)).slice(-4), [
      "  ✘ Check the contract (0.1 s)",
      "Failed: no",
      "  | later",
      "",
    ]);
  });

  it("never lets a line of the list wrap, or the erasing would miss one", () => {
    const narrow = Object.assign(new PassThrough(), { columns: 12 });
    const reporter = new TerminalReporter(narrow);
    for (const event of start) reporter.tell(event);
    for (const line of screen(narrow.read().toString()).slice(1)) assert.ok(line.length < 12, line);
  });

  it("is one line an event without a terminal, and never steers one", () => {
    const text = written(
      (out) => new PlainReporter(out),
      [{ event: "log", line: "\x1b[2J\x1b]0;title\x07\x1b[31mred" }, ...start],
    );
    assert.ok(!text.includes("\x1b"), JSON.stringify(text));
    assert.ok(text.includes(String.raw`  | \x1b[2J\x1b]0;title\x07red`), "what it writes shows");
  });

  it("is JSON that gives back each event, for any output of the image", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (lines) => {
        const events = lines.map((line): RunEvent => ({ event: "log", line }));
        const text = written((out) => new JsonReporter(out), events);
        assert.deepEqual(
          text
            .split("\n")
            .slice(0, -1)
            .map((line) => JSON.parse(line)),
          events,
        );
      }),
      { numRuns: 30 },
    );
  });

  it("numbers restarts with ordinals", () => {
    const lines = [1, 2, 3, 4, 11, 22].map((restarts) =>
      written((out) => new PlainReporter(out), [{ event: "ended", exitCode: 1, seconds: 0, restarts }]),
    );
    assert.deepEqual(
      lines.map((line) => /the (\w+) time/.exec(line)?.[1]),
      ["1st", "2nd", "3rd", "4th", "11th", "22nd"],
    );
  });
});

describe("the options of ica-bench run", () => {
  it("take sizes as docker writes them", () => {
    assert.deepEqual(["512m", "2g", "1.5G", "8Gib", "10000000"].map(parseBytes), [
      512 * 1024 ** 2,
      2 * 1024 ** 3,
      1.5 * 1024 ** 3,
      8 * 1024 ** 3,
      10_000_000,
    ]);
    for (const wrong of ["", "g", "-1g", "1x", "1k", "1e9", "2 g"]) assert.throws(() => parseBytes(wrong), wrong);
  });

  it("take processors and GPUs", () => {
    assert.deepEqual(["2", "0.5"].map(parseCpus), [2, 0.5]);
    for (const wrong of ["0", "-1", "two", "", "1e3"]) assert.throws(() => parseCpus(wrong), wrong);
    assert.deepEqual(["all", "2"].map(parseGpus), [-1, 2]);
    for (const wrong of ["0", "none", "1.5"]) assert.throws(() => parseGpus(wrong), wrong);
  });

  it("take variables with any value, or from the shell", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        assert.deepEqual(collectPair(`NAME=${value}`, [["A", "1"]]), [
          ["A", "1"],
          ["NAME", value],
        ]);
      }),
    );
    assert.deepEqual(collectPair("PATH", []), [["PATH", process.env.PATH]]);
    for (const wrong of ["", "=x", "1A=x", "A-B=x", "NOT_SET_ANYWHERE_4711"])
      assert.throws(() => collectPair(wrong, []), wrong);
  });

  it("take the name of a volume, and no folder", () => {
    assert.equal(parseVolume("my-data_1.x"), "my-data_1.x");
    for (const wrong of ["./data", "/data", "a", "", "a b", "..", "-x"]) assert.throws(() => parseVolume(wrong), wrong);
  });

  it("take kinds of access", () => {
    assert.deepEqual(parseAccess("web"), { web: true, console: false });
    assert.deepEqual(parseAccess("console, web"), { web: true, console: true });
    for (const wrong of ["", "ssh", "web,"]) assert.throws(() => parseAccess(wrong), wrong);
  });

  it("do not let two runs share a name", () => {
    assert.notEqual(newInstance("run"), newInstance("run"));
    assert.match(
      imageTag(newInstance("run")),
      new RegExp(`^pulumi-ica/run:run-[0-9a-f]{8}-${process.pid}-[0-9a-f]{6}$`),
    );
  });
});
