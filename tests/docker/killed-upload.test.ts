import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { Store } from "../support/servers/s3-store";
import { TestImages } from "./images";

const script = resolve(__dirname, "../fixtures/upload-process.ts");

describe("an upload whose process is killed in the middle", function () {
  this.timeout(240_000);
  const images = new TestImages();
  const store = new Store();
  let folder: string;
  let image: string;

  before(async () => {
    await store.start();
    folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    await writeFile(join(folder, "compress"), `#!/bin/sh\necho >> '${folder}/started'\nexec bzip2 "$@"\n`, {
      mode: 0o755,
    });
    // 36 MB in one layer: five chunks, which become 16 MB in four parts.
    image = await images.build("FROM scratch\nCOPY data /\n", { data: randomBytes(18_000_000).toString("hex") });
  });
  after(async () => {
    await images.removeAll();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const cache = () => join(folder, "cache");
  const start = () => {
    const args = [image, join(folder, "compress"), cache(), join(folder, "notes"), store.endpoint];
    return spawn(process.execPath, ["--require", "tsx", script, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  };
  /** How many chunks the cache has, whole. */
  const kept = async () => (await readdir(cache())).filter((name) => !name.startsWith(".")).length;
  /** How often a compressor was started since this was asked last. */
  const compressorsStarted = async () => {
    const { length } = await readFile(join(folder, "started"), "utf8");
    await writeFile(join(folder, "started"), "");
    return length;
  };
  const run = async () => {
    const child = start();
    const words = await buffer(child.stderr);
    assert.equal(child.exitCode ?? (await once(child, "close"))[0], 0, words.toString());
  };

  it("is followed by one that compresses only what was not yet, and leaves nothing of the first in the store", async () => {
    const killed = start();
    store.gate = (request) => {
      if (!/partNumber=2/.test(request.url ?? "")) return false;
      killed.kill("SIGKILL");
      // No answer: the second part never arrives.
      return true;
    };
    const [, signal] = await once(killed, "close");
    assert.equal(signal, "SIGKILL", "the process ended before its second part");
    const before = await kept();
    assert.ok(before > 0, "nothing was compressed before the kill");
    assert.equal(
      new Set(store.open()).size,
      1,
      "the killed process leaves no upload behind, so this test shows nothing",
    );
    assert.equal(await store.hasObject(), false);
    await compressorsStarted();

    store.gate = () => false;
    await run();
    const starts = await compressorsStarted();
    assert.deepEqual(store.open(), [], "an upload is left open");
    const archive = await store.object();
    await run();
    // What stands between layers is never kept.
    const always = await compressorsStarted();
    assert.equal(starts, (await kept()) - before + always, "chunks that were kept were compressed again");
    assert.deepEqual(await readdir(join(folder, "notes")), []);

    const plain = spawnSync("bzip2", ["-dc"], { input: archive, maxBuffer: 1e9 });
    const saved = (await images.docker()).save(image);
    assert.ok(plain.stdout.equals(await buffer(saved.stream)), "the archive is not what docker save gives");
  });
});
