import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as ica from "../../../sdk/index";
import { RecordingProxy } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";

describe("the engine with the next release of an image", function () {
  this.timeout(300_000);
  let bench: TestBench;
  let store: RecordingProxy;

  before(async () => {
    bench = await startTestBench();
    const endpoint = new URL(bench.env.ICA_S3_ENDPOINT ?? "");
    store = await RecordingProxy.start(endpoint.origin);
    bench.env.ICA_S3_ENDPOINT = `${store.url}${endpoint.pathname}`;
    bench.env.XDG_CACHE_HOME = path.join(bench.dir, "cache");
  });

  after(async () => {
    await store?.close();
    await bench?.close();
  });

  it("sends the layers that it knows before Docker gives the first byte", async function () {
    if (spawnSync("lbzip2", ["--version"]).error !== undefined) {
      console.log("      skipped: lbzip2 is not on this machine, and bzip2's blocks cannot be sent ahead");
      this.skip();
    }
    const context = await bench.imageContext("image");
    const stack = await bench.stack("next", async () => {
      new ica.BenchImage("page", { build: { context }, access: { web: true } });
    });
    const numbersOf = async () => {
      const before = store.queries.length;
      const { stdout } = await stack.up({ color: "never" });
      const numbers = store.queries.slice(before).flatMap((query) => /partNumber=(\d+)/.exec(query)?.[1] ?? []);
      return { numbers: numbers.map(Number), stdout };
    };
    const first = await numbersOf();
    assert.ok(first.numbers.length > 1, "the image is too small for parts, so this shows nothing");
    assert.deepEqual(
      first.numbers.filter((number) => number > 100),
      [],
    );

    const page = path.join(context, "index.html");
    await writeFile(page, `${await readFile(page, "utf8")}<!-- next -->\n`);
    const next = await numbersOf();
    assert.match(next.stdout, /layers came from the layer cache/);
    assert.ok(next.numbers.includes(101), next.numbers.join());
    await stack.destroy();
  });
});
