import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { readContents } from "../../../provider/build-context/hash";
import { StatCache } from "../../../provider/build-context/stat-cache";
import { makeContext, removeContext } from "../../support/context-folder";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** So much that a cache is worth while. */
const ballast = "x".repeat(8_000_000);

describe("the cache of file hashes", function () {
  this.timeout(120_000);
  let context: string;
  let folder: string;

  beforeEach(async () => {
    context = await makeContext({ Dockerfile: "FROM scratch\n", ballast, "a/f": "1234", "a/g": "5678" });
    folder = join(await makeContext({}, "pulumi-ica-test-cache-"), "contexts");
  });
  afterEach(async () => {
    await removeContext(context);
    await removeContext(join(folder, ".."));
  });

  /** As long after the last edit as it takes for times to be believed. */
  const later = () => Date.now() + 60_000;
  const hash = async (now = later()) => (await readContents({ context }, { folder, now })).contextHash;
  const fresh = async () =>
    (await readContents({ context }, { folder: join(folder, "..", `none-${Math.random()}`) })).contextHash;
  const cacheFiles = async () => (await readdir(folder)).map((name) => join(folder, name));
  /** Gives another hash to a file in the cache, as no edit could: what is answered then came from the cache. */
  const forge = async () => {
    for (const file of await cacheFiles()) {
      const body = (await readFile(file, "utf8")).slice(65).replace(sha256("1234"), sha256("forged"));
      await writeFile(file, `${sha256(body)}\n${body}`);
    }
  };
  /** Until the file system's clock has gone on, so that an edit from now on has another time than one before. */
  const nextTick = async () => {
    const probe = join(folder, "..", "probe");
    const time = async () => {
      await writeFile(probe, "");
      return (await stat(probe, { bigint: true })).mtimeNs;
    };
    const start = await time();
    while ((await time()) === start);
  };

  it("is used when files are as they were", async () => {
    const before = await hash();
    assert.equal(await hash(), before);
    const [file = ""] = await cacheFiles();
    for (const content of [ballast, "1234", "5678"])
      assert.ok((await readFile(file, "utf8")).includes(sha256(content)));
    await forge();
    assert.notEqual(await hash(), before, "the cache was not used");
  });

  it("never changes the answer, for any edits in between", async () => {
    const names = fc.constantFrom("a/f", "a/g", "a/h", "h");
    const edit = fc.record({
      file: names,
      how: fc.constantFrom(
        "write",
        "write and set the time back",
        "replace and set the time back",
        "mode",
        "touch",
        "remove",
      ),
      text: fc.stringMatching(/^[ab]{4}$/),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(edit, { maxLength: 3 }), { minLength: 1, maxLength: 4 }), async (rounds) => {
        for (const edits of rounds) {
          await nextTick();
          for (const { file, how, text } of edits) {
            const path = join(context, file);
            const before = await stat(path).catch(() => undefined);
            if (how === "remove") await rm(path, { force: true });
            else if (how === "mode" && before !== undefined) await chmod(path, before.mode ^ 0o100);
            else if (how === "touch" && before !== undefined) await utimes(path, 1, 1);
            else if (how.startsWith("replace")) {
              await writeFile(`${path}.new`, text);
              await rename(`${path}.new`, path);
            } else await writeFile(path, text);
            if (how.endsWith("back") && before !== undefined) await utimes(path, before.atime, before.mtime);
          }
          assert.equal(await hash(), await fresh(), JSON.stringify(edits));
        }
      }),
      { numRuns: 25 },
    );
  });

  it("does not trust a file that was changed a moment before it was read", async () => {
    // What it says of its modification is no proof: that can be set.
    for (const file of ["Dockerfile", "ballast", "a/f", "a/g"]) await utimes(join(context, file), 1, 1);
    await hash(Date.now());
    // A file as young as this may be changed once more in the same tick, and look the same: so nothing is remembered.
    await assert.rejects(readdir(folder), /ENOENT/);
  });

  it("believes what is older than the clock of any file system is coarse", async () => {
    const now = 1_000_000_000_000;
    const look = (changedMs: number) => ({ state: `4 ${changedMs}`, changedMs });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -10_000, max: 10_000 }), async (age) => {
        const place = { context: "/context", dockerfile: "/context/Dockerfile" };
        const first = await StatCache.open(place, { folder, now });
        first.set("f", look(now - age), sha256("f"));
        await first.save();
        const known = (await StatCache.open(place, { folder, now })).get("f", look(now - age));
        assert.equal(known, age > 3000 ? sha256("f") : undefined);
        await rm(folder, { recursive: true, force: true });
      }),
      { numRuns: 50 },
    );
  });

  it("is ignored when it is damaged, anywhere", async () => {
    const before = await hash();
    await forge();
    const [file = ""] = await cacheFiles();
    const whole = await readFile(file);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const damaged = Buffer.from(cut ? whole.subarray(0, at) : whole);
          if (!cut) damaged[at] = (damaged[at] ?? 0) ^ flip;
          await writeFile(file, damaged);
          assert.equal(await hash(), before);
        },
      ),
      // the second: what stands between the hash and what it is of
      {
        numRuns: 40,
        examples: [
          [0, 1, false],
          [64, 1, false],
          [whole.length - 1, 1, false],
          [0, 1, true],
        ],
      },
    );
    assert.equal(await hash(), before, "it was written again");
  });

  it("is not used when it cannot be written or read", async () => {
    await writeFile(folder, "a file where the folder should be");
    assert.equal(await hash(), await fresh());
  });

  it("is used by several at once, and leaves nothing half written", async () => {
    const hashes = await Promise.all(Array.from({ length: 8 }, () => hash()));
    assert.equal(new Set(hashes).size, 1);
    assert.equal((await cacheFiles()).length, 1);
    await forge();
    assert.notEqual(await hash(), hashes[0], "what they left is whole");
  });

  it("is not made for contexts that are read in no time", async () => {
    await rm(join(context, "ballast"));
    await hash();
    await assert.rejects(readdir(folder), /ENOENT/);
  });

  it("keeps a hundred contexts, those used last, and nothing that a dead process left", async () => {
    await mkdir(folder);
    const old = async (name: string, age: number) => {
      await writeFile(join(folder, name), "");
      await utimes(join(folder, name), Date.now() / 1000 - age, Date.now() / 1000 - age);
    };
    for (let index = 0; index < 105; index++) await old(`c${index}`, 1000 + index);
    await old(".dead", 7200);
    await old(".alive", 10);
    await hash();
    const left = await readdir(folder);
    assert.equal(left.filter((name) => !name.startsWith(".")).length, 100);
    assert.ok(left.includes("c98") && !left.includes("c99"), "the oldest went");
    assert.deepEqual(
      left.filter((name) => name.startsWith(".")),
      [".alive"],
    );
  });

  it("distinguishes two Dockerfiles of one context, whose rules may differ", async () => {
    await writeFile(join(context, "Other"), "FROM scratch\n");
    await writeFile(join(context, "Other.dockerignore"), "a\n");
    await hash();
    await readContents({ context, dockerfile: join(context, "Other") }, { folder, now: later() });
    assert.equal((await cacheFiles()).length, 2);
  });
});
