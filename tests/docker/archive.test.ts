import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { archiveImage } from "../../provider/archive/archive";
import { BlockCache } from "../../provider/archive/block-cache";
import { compressor } from "../../provider/bzip2/compress";
import { DockerError } from "../../provider/docker/errors";
import { childrenOf, until } from "../support/programs/processes";
import { piecesOf } from "../support/reading";
import { base, TestImages } from "./images";

describe("the archive of an image", function () {
  this.timeout(120_000);
  const images = new TestImages();
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
  });
  after(async () => {
    await images.removeAll();
    await rm(folder, { recursive: true, force: true });
  });

  it("is one bzip2 stream that holds byte for byte what docker save gives, and that docker load takes", async () => {
    const docker = await images.docker();
    const ref = await images.build("FROM scratch\nCOPY data /\n", { data: randomBytes(1_500_000).toString("hex") });
    const file = join(folder, "image.tar.bz2");
    const archive = await archiveImage({ docker, ref, compression: "bzip2" });
    await pipeline(piecesOf(archive), createWriteStream(file));
    await archive.done;

    assert.equal(spawnSync("bzip2", ["-t", file]).status, 0, "bzip2 -t does not accept the archive");
    const plain = spawnSync("bzip2", ["-dc", file], { maxBuffer: 1e9 }).stdout;
    const digest = createHash("sha256");
    const saved = docker.save(ref);
    for await (const chunk of saved.stream) digest.update(chunk);
    assert.equal(createHash("sha256").update(plain).digest("hex"), digest.digest("hex"));
    assert.equal(endOfStreamMarks(await readFile(file)), 1, "more than one bzip2 stream");

    const id = (await docker.inspect(ref))?.Id;
    await docker.removeImage(ref);
    assert.equal(await docker.inspect(ref), undefined);
    const loaded = spawnSync(docker.client.command, ["load", "--quiet", "--input", file]);
    assert.equal(loaded.status, 0, loaded.stderr.toString());
    assert.equal((await docker.inspect(ref))?.Id, id);
  });

  it("of the next release compresses only the layer that changed, and loads all the same", async () => {
    const docker = await images.docker();
    const dockerfile = "FROM scratch\nCOPY first /\nCOPY second /\n";
    const first = randomBytes(4_500_000).toString("base64");
    const warnings: string[] = [];
    const cache = new BlockCache({ folder: join(folder, "layers"), limit: 1e9, warn: (line) => warnings.push(line) });
    const release = async (second: string) => {
      const ref = await images.build(dockerfile, { first, second });
      const file = join(folder, `${second.slice(0, 8)}.tar.bz2`);
      const archive = await archiveImage({ docker, ref, compression: "bzip2", cache });
      await pipeline(piecesOf(archive), createWriteStream(file));
      await archive.done;
      return { ref, file, layers: archive.layers() };
    };
    const one = await release(randomBytes(100_000).toString("hex"));
    assert.deepEqual(one.layers, { layers: 2, cached: 0, packed: 0, packedBytes: 0 });
    const two = await release(randomBytes(100_000).toString("hex"));
    assert.deepEqual(two.layers, { layers: 2, cached: 1, packed: 0, packedBytes: 0 });
    assert.deepEqual(warnings, []);

    const id = (await docker.inspect(two.ref))?.Id;
    await docker.removeImage(two.ref);
    const loaded = spawnSync(docker.client.command, ["load", "--quiet", "--input", two.file]);
    assert.equal(loaded.status, 0, loaded.stderr.toString());
    assert.equal((await docker.inspect(two.ref))?.Id, id);
    assert.equal(endOfStreamMarks(await readFile(two.file)), 1, "more than one bzip2 stream");
  });

  it("is the same with plain bzip2 only", async () => {
    const docker = await images.docker();
    const ref = await images.build("FROM scratch\nCOPY data /\n", { data: randomBytes(500_000).toString("hex") });
    const program = await compressor({ PATH: await onlyBzip2(folder) });
    assert.equal(program.name, "bzip2");
    const archive = await archiveImage({ docker, ref, compression: "bzip2", compressor: program });
    const plain = spawnSync("bzip2", ["-dc"], { input: await buffer(piecesOf(archive)), maxBuffer: 1e9 }).stdout;
    assert.ok(plain.equals(await buffer(docker.save(ref).stream)));
  });

  it("can be left plain", async () => {
    const docker = await images.docker();
    const ref = await images.build("FROM scratch\nCOPY Dockerfile /\n");
    const archive = await archiveImage({ docker, ref, compression: "none" });
    const file = join(folder, "image.tar");
    await pipeline(piecesOf(archive), createWriteStream(file));
    assert.match(spawnSync("tar", ["-tf", file]).stdout.toString(), /manifest\.json/);
  });

  it("fails with Docker's message, and not as a short archive, when the image is not there", async () => {
    const docker = await images.docker();
    for (const compression of ["bzip2", "none"] as const) {
      const archive = await archiveImage({ docker, ref: "pulumi-ica-test/none:0.0.1", compression });
      await assert.rejects(buffer(piecesOf(archive)), DockerError);
      await assert.rejects(archive.done, DockerError);
    }
  });

  it("leaves no process behind when it is aborted or given up", async () => {
    const docker = await images.docker();
    for (const way of ["aborted", "given up"]) {
      const abort = new AbortController();
      const archive = await archiveImage({ docker, ref: base, compression: "bzip2", signal: abort.signal });
      const read = assert.rejects(buffer(piecesOf(archive)), /was stopped/);
      await until(() => childrenOf(process.pid).length >= 2, "docker save and a compressor run");
      if (way === "aborted") abort.abort();
      else archive.stop();
      await assert.rejects(archive.done, /was stopped/);
      assert.deepEqual(childrenOf(process.pid), [], way);
      await read;
    }
  });
});

/** A folder that has bzip2 and nothing else. */
async function onlyBzip2(folder: string): Promise<string> {
  const only = join(folder, "only-bzip2");
  await mkdir(only);
  await symlink(spawnSync("sh", ["-c", "command -v bzip2"]).stdout.toString().trim(), join(only, "bzip2"));
  return only;
}

/** How often the 48-bit mark that ends a bzip2 stream occurs, at any bit position (chance hits: one in 10^7 for 10 MB). */
function endOfStreamMarks(data: Buffer): number {
  let marks = 0;
  let high = 0;
  let low = 0;
  for (const byte of data) {
    for (let bit = 7; bit >= 0; bit--) {
      high = ((high << 1) | (low >>> 23)) & 0xffffff;
      low = ((low << 1) | ((byte >>> bit) & 1)) & 0xffffff;
      if (high === 0x177245 && low === 0x385090) marks++;
    }
  }
  return marks;
}
