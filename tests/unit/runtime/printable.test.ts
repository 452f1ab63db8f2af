import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import sinon from "sinon";
import { JsonReporter, PlainReporter } from "../../../cli/run/report";
import type { Context } from "../../../provider/context";
import { shown } from "../../../provider/error-message";
import { PartialError, type ResourceHandler } from "../../../provider/handler";
import { DynamicProvider } from "../../../provider/pulumi/dynamic";
import { engineLog } from "../../../provider/pulumi/engine-log";
import { printable, printableJson, printableLine } from "../../../runtime/printable";
import { FakeClock } from "../../support/fake-clock";

/** Words that clear the screen, set the title, fill the clipboard, go back to the line's start, and turn its direction around. */
const hostile = "a\x1b[2Jb\x1b]0;title\x07c\x1b]52;c;cm0gLXJm\x07d\re\x9b2Jf\u202eg\u2066h\u2028i\x00j\x7fk";
const harmless = String.raw`a\x1b[2Jb\x1b]0;title\x07c\x1b]52;c;cm0gLXJm\x07d\re\x9b2Jf\u202eg\u2066h\u2028i\x00j\x7fk`;

/** By number, not by the pattern of the code. */
function isHarmless(text: string): boolean {
  return Array.from(text, (sign) => sign.codePointAt(0) ?? 0).every(
    (code) =>
      code === 10 ||
      code === 9 ||
      (code >= 0x20 &&
        (code < 0x7f || code > 0x9f) &&
        ![0xad, 0x61c, 0x200b, 0x200e, 0x200f, 0xfeff].includes(code) &&
        (code < 0x2028 || code > 0x202e) &&
        (code < 0x2060 || code > 0x206f) &&
        (code < 0xd800 || code > 0xdfff) &&
        (code < 0xe0000 || code > 0xe007f)),
  );
}

const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "\x1b",
        "\x1b[",
        "\x9b",
        "[2J",
        "m",
        "1;31",
        "K",
        "\r",
        "\n",
        "\r\n",
        "\u202e",
        "\udb40\udc41",
        "\ud83d",
      ),
    ),
  )
  .map((parts) => parts.join(""));

describe("text for a terminal", () => {
  it("shows what would do something", () => assert.equal(printable(hostile), harmless));

  it("loses its colours, and nothing else", () =>
    assert.equal(printable("\x1b[1;31merror\x1b[0m\x1b[K: \x9b32mno\x9bm"), "error: no"));

  it("keeps letters of all languages, emoji, tabs and line breaks", () => {
    for (const text of ["Größe\t5\nzwei", "日本語", "👩‍🔬 👍🏽", "می‌خواهم", "עברית"])
      assert.equal(printable(text), text);
    assert.equal(printable("one\r\ntwo"), "one\ntwo");
  });

  it("in one line has no line break", () => assert.equal(printableLine("a\nb\tc"), String.raw`a\nb\tc`));

  it("is harmless for any input, and is not changed a second time", () =>
    fc.assert(
      fc.property(texts, (text) => {
        const safe = printable(text);
        assert.ok(isHarmless(safe), JSON.stringify(safe));
        assert.ok(isHarmless(shown(text)));
        assert.equal(printable(safe), safe);
        assert.doesNotMatch(printableLine(text), /[\n\t]/);
      }),
      { numRuns: 2000 },
    ));

  it("as JSON is harmless, and says the same", () =>
    fc.assert(
      fc.property(fc.dictionary(texts, fc.array(texts)), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = printableJson(value, indent);
        assert.ok(isHarmless(text), JSON.stringify(text));
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    ));

  it("takes time in proportion to its length", () => {
    const start = performance.now();
    for (const part of ["\x1b[", "\x1b[1", "\x9b;", "\r", "\r\n", "1"]) printable(part.repeat(300_000));
    assert.ok(performance.now() - start < 5000, `took ${performance.now() - start} ms`);
  });
});

describe("what leaves the process", () => {
  afterEach(() => sinon.restore());

  it("in a row of pulumi up is printable", () => {
    const info = sinon.stub(pulumi.log, "info").resolves();
    const warn = sinon.stub(pulumi.log, "warn").resolves();
    const log = engineLog(undefined, new FakeClock());
    log.info(hostile);
    log.status(hostile);
    log.warn(hostile);
    for (const { args } of [...info.getCalls(), ...warn.getCalls()]) assert.equal(args[0], harmless);
    assert.equal(info.callCount + warn.callCount, 3);
  });

  const failing = (error: Error): DynamicProvider<object, object> => {
    const fails = async () => {
      throw error;
    };
    const handler: ResourceHandler<object, object, Context> = {
      parseInputs: (saved) => saved,
      parseState: (_, saved) => saved,
      ...{ diff: fails, create: fails, read: fails, update: fails, delete: fails },
      check: async (_, inputs) => ({ inputs, failures: [{ property: "name", reason: error.message }] }),
    };
    const provider = new DynamicProvider("Workspace", handler);
    const get = (key: string) => (key === "ica:apiKey" ? "key" : undefined);
    void provider.configure({ config: { get, require: (key) => get(key) ?? "" } });
    return provider;
  };

  it("as an error of a resource is printable, its name too", async () => {
    const provider = failing(new Error(hostile));
    const calls = [
      () => provider.create({ name: hostile }),
      () => provider.read("id", { name: hostile }),
      () => provider.update("id", {}, { name: hostile }),
      () => provider.delete("id", { name: hostile }),
      () => provider.diff("id", {}, { name: hostile }),
    ];
    for (const call of calls)
      await assert.rejects(call(), (error: unknown) => String(error) === `Workspace ${harmless}: ${harmless}`);
    assert.deepEqual((await provider.check({}, {})).failures, [{ property: "", reason: `name: ${harmless}` }]);
  });

  it("as the error of a resource that is half done is printable", async () => {
    await assert.rejects(failing(new PartialError("id", {}, hostile)).create({}), (error: unknown) => {
      assert.ok(error instanceof Error && "reasons" in error);
      assert.deepEqual([error.message, error.reasons], [harmless, [harmless]]);
      return true;
    });
  });

  it("from ica-bench run is printable, and as JSON the same", () => {
    const out = new PassThrough();
    const events = [
      { event: "log", line: hostile },
      { event: "note", message: hostile },
      { event: "failed", message: hostile },
      { event: "step", step: "web", state: "failed", detail: `${hostile}\nx` },
      { event: "refused", method: hostile, address: hostile, status: 403 },
      { event: "finding", code: "ICA001", severity: "error", place: hostile, message: hostile, fix: hostile },
    ] as const;
    for (const event of events) new PlainReporter(out).tell(event);
    const plain = String(out.read());
    assert.ok(isHarmless(plain), JSON.stringify(plain));
    assert.equal(plain.split(harmless).length - 1, 9);
    assert.ok(plain.includes(`${harmless}\\nx)`), "a step is one line");
    for (const event of events) new JsonReporter(out).tell(event);
    const lines = String(out.read());
    assert.ok(isHarmless(lines));
    assert.deepEqual(
      lines
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
      events,
    );
  });

  it("goes through one place for each part of the package", async () => {
    const root = path.join(__dirname, "../../..");
    const exits = {
      cli: ["cli/main.ts", "cli/output.ts"],
      emulator: [],
      provider: ["provider/plugin/engine-log.ts", "provider/plugin/main.ts", "provider/pulumi/engine-log.ts"],
      runtime: [],
      sdk: ["sdk/machinery/warn.ts"],
    };
    for (const [folder, allowed] of Object.entries(exits)) {
      const files = await readdir(path.join(root, folder), { recursive: true });
      const writing: string[] = [];
      for (const file of files.filter((name) => name.endsWith(".ts"))) {
        const text = await readFile(path.join(root, folder, file), "utf8");
        if (/process\.std(?:out|err)\.write|console\.\w+\(|pulumi\.log\.\w+\(/.test(text))
          writing.push(`${folder}/${file}`);
      }
      assert.deepEqual(
        writing.filter((file) => !allowed.some((each) => each === file)),
        [],
        "these write past runtime/printable.ts",
      );
    }
  });
});
