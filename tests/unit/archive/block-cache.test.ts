import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { BlockCache } from "../../../provider/archive/block-cache";
import { packed } from "../../../provider/archive/compress-layers";
import { CompressionError, type Compressor, compressor } from "../../../provider/bzip2/compress";
import { PartError, readPart } from "../../../provider/bzip2/part";
import { cacheFolder } from "../../../provider/cache-folder";
import { makeContext, removeContext } from "../../support/context-folder";
import { childrenOf } from "../../support/programs/processes";

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const unpacked = (file: Buffer) => {
  const { status, stdout, stderr } = spawnSync("bzip2", ["-dc"], { input: file, maxBuffer: 1e9 });
  assert.equal(status, 0, stderr.toString());
  return stdout;
};
const part = (plain: Buffer) => readPart(spawnSync("bzip2", ["-9c"], { input: plain, maxBuffer: 1e9 }).stdout);

describe("the layer cache", function () {
  this.timeout(60_000);
  let folder: string;
  let warnings: string[];
  const cache = (limit = 1e9) => new BlockCache({ folder, limit, warn: (line) => warnings.push(line) });
  const files = async () => (await readdir(folder)).sort();

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "pulumi-ica-test-")), "layers");
    warnings = [];
  });
  afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

  /** Compresses through the cache; says what came out, and which pieces were in the cache. */
  async function pack(plain: readonly Buffer[], of: BlockCache | undefined, program?: Compressor) {
    const released = new Set<number>();
    async function* pieces() {
      for (const [i, content] of plain.entries()) {
        const bytes = Buffer.from(content);
        const release = () => {
          // The memory is used for other bytes from now on.
          bytes.fill("other");
          released.add(i);
        };
        yield { bytes, release, ...(bytes.length > 1 ? { digest: sha(bytes) } : {}) };
      }
    }
    const known: boolean[] = [];
    const signal = new AbortController().signal;
    const chunks: Buffer[] = [];
    const options = { compressor: program ?? (await compressor()), cache: of, signal };
    for await (const { bytes, cached } of packed(pieces(), options)) {
      chunks.push(bytes);
      known.push(cached);
    }
    assert.equal(released.size, plain.length, "not every piece was released");
    // Without the stream's header and trailer.
    return { file: Buffer.concat(chunks), known: known.slice(1, -1) };
  }

  it("is in the folder that XDG names, else in the home folder's cache", () => {
    assert.equal(cacheFolder("layers", { XDG_CACHE_HOME: "/somewhere" }), "/somewhere/pulumi-ica/layers");
    assert.match(cacheFolder("layers", { XDG_CACHE_HOME: "" }), /\/\.cache\/pulumi-ica\/layers$/);
    assert.match(cacheFolder("layers", {}), /\/\.cache\/pulumi-ica\/layers$/);
  });

  it("gives the same archive with and without, and compresses nothing that it has", async () => {
    const plain = [randomBytes(300_000), Buffer.from("-"), Buffer.alloc(2_000_000, "ab"), randomBytes(1000)];
    const first = await pack(plain, cache());
    assert.deepEqual(first.known, [false, false, false, false]);
    const none: Compressor = { name: "bzip2", command: "/nothing/there", args: [], level: 9 };
    const kept = plain.filter((bytes) => bytes.length > 1);
    const second = await pack(kept, cache(), none);
    assert.deepEqual(second.known, [true, true, true]);
    assert.ok(unpacked(second.file).equals(Buffer.concat(kept)));
    assert.ok(unpacked(first.file).equals(Buffer.concat(plain)));
    assert.deepEqual(await pack(plain, undefined), { ...first });
    assert.equal((await files()).length, 3, "what is not to be kept was kept");
    assert.deepEqual(warnings, []);
  });

  it("compresses what changed, and nothing else", async () => {
    const plain = Array.from({ length: 5 }, () => randomBytes(2000));
    await pack(plain, cache());
    plain[3] = randomBytes(2000);
    const { known, file } = await pack(plain, cache());
    assert.deepEqual(known, [true, true, true, false, true]);
    assert.ok(unpacked(file).equals(Buffer.concat(plain)));
  });

  for (const [damage, harm] of Object.entries<(file: Buffer) => Buffer>({
    "a byte changed": (file) =>
      Buffer.concat([file.subarray(0, 500), Buffer.from([file[500] === 0 ? 1 : 0]), file.subarray(501)]),
    "cut off": (file) => file.subarray(0, -7),
    empty: () => Buffer.alloc(0),
    lengthened: (file) => Buffer.concat([file, Buffer.alloc(9)]),
    "another file's content": () => Buffer.from("hello".repeat(100)),
  })) {
    it(`writes a damaged file again and says so: ${damage}`, async () => {
      const plain = [randomBytes(5000)];
      await pack(plain, cache());
      const [name = ""] = await files();
      const path = join(folder, name);
      const good = await readFile(path);
      await writeFile(path, harm(good));
      const { known, file } = await pack(plain, cache());
      assert.deepEqual(known, [false]);
      assert.ok(unpacked(file).equals(Buffer.concat(plain)));
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /damaged file, which is made again: /);
      assert.ok((await readFile(path)).equals(good), "the file was not made again");
      assert.deepEqual((await pack(plain, cache())).known, [true]);
    });
  }

  it("rejects a part whose own checksum is right but which is not bzip2", async () => {
    const of = cache();
    const key = of.key(sha(Buffer.from("x")), 9);
    await of.put(key, { ...part(Buffer.from("x")), bytes: Buffer.from("no bzip2 at all") });
    assert.equal(await of.get(key), undefined);
    assert.equal(warnings.length, 1);
  });

  it("stays within its limit, and forgets first what was not used for longest", async () => {
    const plain = Array.from({ length: 6 }, () => randomBytes(10_000));
    const of = cache();
    const keys = plain.map((bytes) => of.key(sha(bytes), 9));
    for (const [i, key] of keys.entries()) {
      await of.put(key, part(plain[i] ?? Buffer.alloc(0)));
      await utimes(join(folder, key), 1000 + i, 1000 + i);
    }
    assert.ok((await of.get(keys[0] ?? "")) !== undefined, "the oldest is used again");
    const size = (await stat(join(folder, keys[0] ?? ""))).size;
    await cache(3.5 * size).trim();
    assert.deepEqual(await files(), [keys[0], keys[4], keys[5]].map(String).sort());
  });

  it("stays within its limit while it is filled", async () => {
    await pack(
      Array.from({ length: 30 }, () => randomBytes(10_000)),
      cache(100_000),
    );
    const sizes = await Promise.all((await files()).map(async (name) => (await stat(join(folder, name))).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total <= 100_000 && total > 50_000, `${total} bytes`);
  });

  it("keeps nothing larger than itself", async () => {
    await pack([randomBytes(10_000)], cache(5000));
    await assert.rejects(files(), /ENOENT/);
  });

  it("removes what a process left that was killed, but not what another one is writing", async () => {
    await pack([randomBytes(100)], cache());
    await writeFile(join(folder, ".old"), "half");
    await utimes(join(folder, ".old"), 1000, 1000);
    await writeFile(join(folder, ".new"), "half");
    await cache(0).trim();
    assert.deepEqual(await files(), [".new"]);
  });

  it("works without the cache, and says so once, when it cannot be written or read", async () => {
    await writeFile(folder, "a file where the folder should be");
    const plain = Array.from({ length: 4 }, () => randomBytes(500));
    const { file } = await pack(plain, cache());
    assert.ok(unpacked(file).equals(Buffer.concat(plain)));
    assert.equal(warnings.length, 1, warnings.join("\n"));
    assert.match(warnings[0] ?? "", /layer cache .* so the next release takes longer/);
  });

  it("is readable by its owner only", async () => {
    await pack([randomBytes(500)], cache());
    const [name = ""] = await files();
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  });

  it("has what a release compressed that was given up in the middle", async () => {
    const plain = Array.from({ length: 30 }, () => randomBytes(2000));
    async function* pieces() {
      for (const bytes of plain) yield { bytes, digest: sha(bytes), release: () => undefined };
    }
    const stop = new AbortController();
    let done = 0;
    const options = { compressor: await compressor(), cache: cache(), signal: stop.signal };
    const givenUp = async () => {
      // The header comes before the first of them.
      for await (const _ of packed(pieces(), options)) if (done++ === 10) stop.abort(new Error("given up"));
    };
    await assert.rejects(givenUp(), /given up/);
    assert.deepEqual(childrenOf(process.pid), [], "programs are left");
    const { known, file } = await pack(plain, cache());
    assert.deepEqual(known.slice(0, 10), Array(10).fill(true));
    assert.ok(unpacked(file).equals(Buffer.concat(plain)));
  });

  it("serves two processes at once, with room for neither", async () => {
    const plain = Buffer.concat([randomBytes(1_500_000), Buffer.alloc(500_000)]);
    const source = join(folder, "..", "plain");
    await writeFile(source, plain);
    const script = resolve(__dirname, "../../fixtures/pack-process.ts");
    const runs = [1, 2, 3].map(async () => {
      const child = spawn(process.execPath, ["--require", "tsx", script, source, folder, "300000"]);
      const [file, words] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
      assert.equal(words, "");
      assert.ok(unpacked(file).equals(plain), "an archive is wrong");
    });
    await Promise.all(runs);
    assert.ok((await files()).length > 0);
  });

  it("starts as many programs for several archives as for one", async () => {
    const programs = await makeContext({
      slow: { text: "#!/bin/sh\nsleep 0.3\nexec bzip2 -c\n", executable: true },
    });
    try {
      const program: Compressor = { name: "bzip2", command: join(programs, "slow"), args: [], level: 9 };
      const plain = Array.from({ length: 8 }, () => randomBytes(2000));
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, childrenOf(process.pid).length);
      }, 20);
      const archives = await Promise.all([1, 2, 3].map(() => pack(plain, undefined, program)));
      clearInterval(watch);
      for (const { file } of archives) assert.ok(unpacked(file).equals(Buffer.concat(plain)));
      assert.ok(most > 1 && most <= Math.min(availableParallelism() + 1, 12), `${most} programs`);
    } finally {
      await removeContext(programs);
    }
  });

  it("leaves no program when one fails, and fails with its error", async () => {
    const programs = await makeContext({
      fails: { text: "#!/bin/sh\ncat >/dev/null; echo full >&2; exit 3\n", executable: true },
    });
    try {
      const program: Compressor = { name: "bzip2", command: join(programs, "fails"), args: [], level: 9 };
      const plain = Array.from({ length: 40 }, () => randomBytes(2000));
      await assert.rejects(pack(plain, cache(), program), (error: unknown) => {
        assert.ok(error instanceof CompressionError);
        assert.match(error.message, /^bzip2 ended with 3: full/);
        return true;
      });
      assert.deepEqual(childrenOf(process.pid), []);
    } finally {
      await removeContext(programs);
    }
  });

  it("never takes a program's word that ends well and gives half", async () => {
    const programs = await makeContext({ half: { text: "#!/bin/sh\nbzip2 -c | head -c 300\n", executable: true } });
    try {
      await chmod(join(programs, "half"), 0o755);
      const program: Compressor = { name: "bzip2", command: join(programs, "half"), args: [], level: 9 };
      await assert.rejects(pack([randomBytes(2000)], cache(), program), PartError);
      await assert.rejects(files(), /ENOENT/, "half a part was kept");
    } finally {
      await removeContext(programs);
    }
  });
});
