import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { startTestBench, type TestBench } from "../bench";
import { listen } from "../workspaces/workspaces";

describe("the engine with an image whose files change", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let stack: Stack;
  let context: string;
  let build: Partial<ica.BuildArgs> = {};

  before(async () => {
    bench = await startTestBench();
    context = await bench.imageContext("image");
    stack = await bench.stack("rebuilt", async () => {
      new ica.BenchImage("page", { build: { context, ...build }, access: { web: true } });
    });
    await stack.up();
  });

  after(() => bench?.close());

  /** What a preview says in the image's row. */
  const told = async () => {
    const events = listen();
    const preview = await stack.preview({ color: "never", onEvent: events.onEvent });
    return { ...events.told("page"), stdout: preview.stdout };
  };

  const edit = async (file: string, change: (text: string) => string) => {
    const full = path.join(context, file);
    await writeFile(full, change(await readFile(full, "utf8")));
  };

  it("says nothing while nothing changes", async () => {
    assert.deepEqual((await told()).messages, []);
  });

  it("keeps a record of the files in a state of at most 4 KB", async () => {
    const { resources } = (await stack.exportStack()).deployment as {
      resources: { type: string; inputs?: unknown; outputs?: { __contextDigest?: { files?: string } } }[];
    };
    const image = resources.find(({ type }) => type.endsWith("ica:BenchImage"));
    assert.match(image?.outputs?.__contextDigest?.files ?? "", /Dockerfile=.{4},.*ica_start\.sh=/);
    assert.equal(JSON.stringify(image?.inputs).includes("contextDigest"), false, "it is no input");
    const bytes = Buffer.byteLength(JSON.stringify([image?.inputs, image?.outputs]));
    assert.ok(bytes <= 4096, `${bytes} bytes`);
  });

  it("names the file that changed, the one that is new and the arg, in the image's row", async () => {
    await edit("index.html", (text) => `${text}<!-- edited -->\n`);
    await writeFile(path.join(context, "renv.lock"), "{}\n");
    build = { args: { R_VERSION: "a-value-that-nobody-should-read" } };
    const { messages, ops, stdout } = await told();
    assert.deepEqual(
      messages.map((line) => line.trim()),
      ["will be rebuilt: build.args.R_VERSION added; index.html changed; renv.lock added"],
    );
    assert.ok(ops.includes("replace"), ops.join());
    assert.match(stdout, /will be rebuilt: .*index\.html changed/);
    assert.doesNotMatch(messages.join(), /nobody-should-read/);
  });

  it("names them with --diff too, and shows nothing of the record", async () => {
    const preview = await stack.preview({ diff: true, color: "never" });
    // The engine writes what a provider says beside the diff.
    assert.match(preview.stderr, /will be rebuilt: .*index\.html changed/);
    assert.match(preview.stdout, /contextHash\s*: "[0-9a-f]{64}" => "[0-9a-f]{64}"/);
    assert.doesNotMatch(preview.stdout, /contextDigest/);
  });

  it("says what the base was and will be", async () => {
    await edit("Dockerfile", (text) => text.replace(/^FROM \S+/m, "FROM debian:trixie-slim"));
    assert.match(
      (await told()).messages.join(),
      /Dockerfile: FROM debian:bookworm-slim is now FROM debian:trixie-slim/,
    );
  });

  it("says nothing of a state that an older version left, which is no change", async () => {
    const fresh = await bench.imageContext("fresh");
    context = fresh;
    build = {};
    const exported = await stack.exportStack();
    const deployment = JSON.stringify(exported.deployment).replace(/"__contextDigest":\{[^{}]*\},/g, "");
    assert.ok(deployment.length < JSON.stringify(exported.deployment).length, "the state had a record");
    await stack.importStack({ ...exported, deployment: JSON.parse(deployment) });
    const { messages, ops } = await told();
    assert.deepEqual(messages, []);
    assert.deepEqual(ops, ["same"]);
  });
});
