import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { archiveImage } from "../../provider/archive/archive";
import { BlockCache } from "../../provider/archive/block-cache";
import { smallestPart } from "../../provider/archive/head-start";
import { type Compressor, CompressorNotFoundError, compressor } from "../../provider/bzip2/compress";
import { uploadArchive } from "../../provider/upload/upload";
import { known, Store } from "../support/servers/s3-store";
import { TestImages } from "./images";

describe("the next release of an image", function () {
  this.timeout(120_000);
  const images = new TestImages();
  const store = new Store();
  let folder: string;

  before(async () => {
    await store.start();
    folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
  });
  after(async () => {
    await images.removeAll();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function release(ref: string, cache: BlockCache, program: Compressor) {
    const docker = await images.docker();
    const layers = (await docker.inspect(ref))?.RootFS.Layers;
    const before = store.seen.length;
    const archive = await archiveImage({ docker, ref, layers, compression: "bzip2", cache, compressor: program });
    const { headStart } = archive;
    const sent = await uploadArchive({
      source: archive.stream,
      headStart,
      credentials: known,
      endpoint: store.endpoint,
    });
    await archive.done;
    const parts = store.seen.slice(before).flatMap(({ url, headers }) => {
      const number = /partNumber=(\d+)/.exec(url)?.[1];
      return number === undefined ? [] : [{ number: Number(number), bytes: Number(headers["content-length"]) }];
    });
    return { sent, parts: parts.sort((a, b) => a.number - b.number), planned: headStart?.parts ?? [] };
  }

  /** Two images that differ in a small layer, on a base of 45 MB: six chunks, 20 MB of blocks. */
  async function twoReleases(): Promise<[string, string]> {
    const base = randomBytes(22_500_000).toString("hex");
    const dockerfile = "FROM scratch\nCOPY base /\nCOPY own /\n";
    const one = await images.build(dockerfile, { base, own: randomBytes(100_000).toString("hex") });
    return [one, await images.build(dockerfile, { base, own: randomBytes(100_000).toString("hex") })];
  }

  async function assertUploaded(ref: string): Promise<void> {
    const plain = spawnSync("bzip2", ["-dc"], { input: await store.object(), maxBuffer: 1e9 }).stdout;
    assert.ok(plain.equals(await buffer((await images.docker()).save(ref).stream)), "it is not what docker save gives");
  }

  it("sends what it knows ahead, and the object is what docker save gives all the same", async function () {
    const program = await lbzip2();
    if (program === undefined) {
      console.log("      skipped: lbzip2 is not on this machine");
      this.skip();
    }
    const cache = new BlockCache({ folder: join(folder, "lbzip2"), limit: 1e9, warn: assert.fail });
    const [one, two] = await twoReleases();
    const first = await release(one, cache, program);
    assert.deepEqual(first.planned, [], "nothing is known of a first release");
    const next = await release(two, cache, program);
    await assertUploaded(two);

    assert.ok(next.planned.length > 0, "nothing was planned");
    const numbers = next.parts.map(({ number }) => number);
    const ahead = next.planned.map(({ number }) => number);
    assert.deepEqual(
      ahead.filter((number) => !numbers.includes(number)),
      [],
      "what was planned was not sent",
    );
    assert.equal(next.sent.parts, next.parts.length, "parts were sent that are no part of the object");
    assert.equal(
      next.parts.reduce((sum, { bytes }) => sum + bytes, 0),
      next.sent.bytes,
      "bytes were sent twice",
    );
    for (const { number, bytes } of next.parts.slice(0, -1))
      assert.ok(bytes >= smallestPart, `part ${number}: ${bytes}`);
  });

  it("sends nothing ahead of what is gone from the cache, or lies there at other bits", async () => {
    const [one, two] = await twoReleases();
    const bzip2 = await compressor(process.env, ["bzip2"]);
    const unaligned = new BlockCache({ folder: join(folder, "bzip2"), limit: 1e9, warn: assert.fail });
    await release(one, unaligned, bzip2);
    assert.deepEqual((await release(two, unaligned, bzip2)).planned, []);
    await assertUploaded(two);

    const program = await lbzip2();
    if (program === undefined) return;
    const emptied = new BlockCache({ folder: join(folder, "emptied"), limit: 1e9, warn: assert.fail });
    await release(one, emptied, program);
    // The notes stay.
    spawnSync("find", [join(folder, "emptied"), "-name", "*-v*", "-delete"]);
    const next = await release(two, emptied, program);
    assert.ok(next.planned.length > 0);
    assert.equal(
      next.parts.reduce((sum, { bytes }) => sum + bytes, 0),
      next.sent.bytes,
    );
    await assertUploaded(two);
  });
});

async function lbzip2(): Promise<Compressor | undefined> {
  try {
    return await compressor(process.env, ["lbzip2"]);
  } catch (error) {
    if (error instanceof CompressorNotFoundError) return undefined;
    throw error;
  }
}
