import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { BlockCache } from "../../../provider/archive/block-cache";
import {
  type HeadStart,
  type PlannedPart,
  planHeadStart,
  planParts,
  smallestPart,
} from "../../../provider/archive/head-start";
import { type LayerNote, LayerNotes } from "../../../provider/archive/layer-notes";
import { BufferPool } from "../../../provider/bytes/buffer-pool";
import { readableOf } from "../../../provider/bytes/stream";
import { Meter } from "../../../provider/upload/meter";
import { PartNumbers, partsOf } from "../../../provider/upload/part-cuts";
import { SentAhead, UnderWay } from "../../../provider/upload/sent-ahead";
import { partSize, uploadArchive } from "../../../provider/upload/upload";
import { until } from "../../support/processes";
import { known, Store } from "../../support/servers/s3-store";

const [part, smallest] = [5000, 2000];

interface Chunk {
  readonly key: string;
  readonly bytes: Buffer;
}

/** Chunks as an archive has them, and a plan that was made of other ones: some fit, some do not. */
const guesses = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 3500 }), { minLength: 1, maxLength: 40, size: "max" }),
    // How the plan's chunks come from the archive's: as they are, left out, twice, or unknown ones.
    changes: fc.array(
      fc.oneof({ weight: 20, arbitrary: fc.constant("same") }, fc.constantFrom("gone", "twice", "other")),
      {
        minLength: 40,
        maxLength: 40,
      },
    ),
    cuts: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 40, maxLength: 40 }),
    gaps: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 40, maxLength: 40 }),
    /** Which reads from the cache and which requests fail. */
    lost: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    begun: fc.constantFrom(0, 3, 40),
    repeated: fc.boolean(),
  })
  .map(({ sizes, changes, cuts, gaps, lost, begun, repeated }) => {
    const chunks = sizes.map((size, i): Chunk => {
      const kind = repeated ? i % 3 : i;
      return { key: `${kind}-${repeated ? 700 : size}`, bytes: Buffer.alloc(repeated ? 700 : size, `${kind}.`) };
    });
    const guessed = chunks.flatMap((chunk, i) => {
      const change = changes[i];
      if (change === "gone") return [];
      if (change === "twice") return [chunk, chunk];
      return [change === "other" ? { key: `other ${i}`, bytes: Buffer.alloc(900, "?") } : chunk];
    });
    const plan: (PlannedPart & { content: Buffer; lost: boolean })[] = [];
    let number = 0;
    for (let i = 0, at = 0; at < guessed.length; i++) {
      const group = guessed.slice(at, at + (cuts[i] ?? 1));
      at += group.length;
      const content = Buffer.concat(group.map(({ bytes }) => bytes));
      number += gaps[i] ?? 1;
      if (content.length >= smallest && content.length <= part)
        plan.push({
          number,
          keys: group.map(({ key }) => key),
          bytes: content.length,
          content,
          lost: lost[i] === true && i % 3 === 0,
        });
    }
    return { chunks, plan, begun };
  });

/** The archive as a stream whose chunks can be told by their keys. */
function sourceAndStart(
  { chunks, plan }: { chunks: readonly Chunk[]; plan: PlannedPart[] },
  wait: () => Promise<void>,
) {
  const keys = new WeakMap<Buffer, string>();
  async function* give() {
    await wait();
    for (const { key, bytes } of chunks) {
      const copy = Buffer.from(bytes);
      keys.set(copy, key);
      yield copy;
    }
  }
  const headStart: HeadStart = {
    parts: plan,
    smallest,
    read: async (planned, target) => {
      const wanted = plan.find((one) => one === planned) as
        | (PlannedPart & { content: Buffer; lost: boolean })
        | undefined;
      if (wanted === undefined || wanted.lost) return false;
      wanted.content.copy(target);
      return true;
    },
    keyOf: (blocks) => keys.get(blocks),
  };
  return { source: readableOf(give(), () => undefined), headStart };
}

describe("what is sent before Docker gives a byte", function () {
  this.timeout(120_000);

  describe("in an upload", () => {
    const store = new Store();
    before(() => store.start());
    after(() => store.stop());

    it("never changes what the object holds, whatever was guessed, and leaves no upload open", async () => {
      let adopted = 0;
      await fc.assert(
        fc.asyncProperty(guesses, async (guess) => {
          const whole = Buffer.concat(guess.chunks.map(({ bytes }) => bytes));
          const before = store.seen.length;
          const sent = () => store.seen.slice(before).filter(({ url }) => url.includes("partNumber=")).length;
          const { source, headStart } = sourceAndStart(guess, async () => {
            const wanted = Math.min(guess.begun, guess.plan.filter((planned) => !planned.lost).length);
            for (let i = 0; i < 200 && sent() < wanted; i++) await new Promise((resolve) => setTimeout(resolve, 2));
          });
          const done = await uploadArchive({
            source,
            headStart,
            credentials: known,
            endpoint: store.endpoint,
            partSize: part,
          });
          assert.equal(done.bytes, whole.length);
          assert.ok((await store.object()).equals(whole), "the object is not the archive");
          const numbers = store.seen
            .slice(before)
            .map(({ url }) => Number(/partNumber=(\d+)/.exec(url)?.[1] ?? 0))
            .filter((number) => number > 0);
          assert.equal(new Set(numbers).size, numbers.length, `a number was used twice: ${numbers.join(" ")}`);
          const planned = new Set(guess.plan.map(({ number }) => number));
          if (planned.size > 0) adopted += done.parts - numbers.filter((number) => !planned.has(number)).length;
        }),
        { numRuns: 60 },
      );
      assert.deepEqual(store.open(), []);
      // 91 on average, and 69 to 110 in fifty runs.
      assert.ok(adopted > 30, `${adopted} parts were adopted: too few to show anything`);
    });

    it("is taken for the archive's own where it is the same, and not sent again", async () => {
      const chunks = Array.from({ length: 8 }, (_, i): Chunk => ({ key: `${i}`, bytes: randomBytes(2500) }));
      const plan = [
        { number: 101, keys: ["2", "3"], bytes: 5000 },
        { number: 102, keys: ["5"], bytes: 2500 },
      ].map((planned) => ({
        ...planned,
        lost: false,
        content: Buffer.concat(planned.keys.map((key) => chunks[Number(key)]?.bytes ?? Buffer.alloc(0))),
      }));
      const before = store.seen.length;
      const numbers = () =>
        store.seen.slice(before).flatMap(({ url }) => /partNumber=(\d+)/.exec(url)?.[1]?.split(" ") ?? []);
      const progress: number[] = [];
      const { source, headStart } = sourceAndStart({ chunks, plan }, async () => {
        while (numbers().length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
      });
      const done = await uploadArchive({
        source,
        headStart,
        credentials: known,
        endpoint: store.endpoint,
        partSize: part,
        onProgress: (bytes) => progress.push(bytes),
      });
      assert.ok((await store.object()).equals(Buffer.concat(chunks.map(({ bytes }) => bytes))));
      // Chunk 4 stands between the two; no number is left there, so what was sent ahead as 102 is sent anew.
      assert.deepEqual(numbers().sort(), ["1", "101", "102", "103", "104"]);
      assert.equal(done.parts, 4);
      assert.equal(progress.at(-1), 20_000);
    });

    it("does not begin to send anything when the archive has ended", async () => {
      const plan = Array.from({ length: 60 }, (_, i) => ({
        ...{ number: 101 + i, keys: [`other ${i}`], bytes: 2500, lost: false, content: randomBytes(2500) },
      }));
      const chunks = Array.from({ length: 6 }, (_, i): Chunk => ({ key: `${i}`, bytes: randomBytes(2500) }));
      const before = store.seen.length;
      const { source, headStart } = sourceAndStart({ chunks, plan }, async () => undefined);
      await uploadArchive({ source, headStart, credentials: known, endpoint: store.endpoint, partSize: part });
      const sent = store.seen.slice(before).filter(({ url }) => url.includes("partNumber="));
      assert.ok(sent.length < 20, `${sent.length} parts were sent, of which the archive has 3`);
    });

    it("leaves nothing of it when the archive fails", async () => {
      const chunks = [{ key: "a", bytes: randomBytes(3000) }];
      const plan = [
        { number: 101, keys: ["a"], bytes: 3000, lost: false, content: chunks[0]?.bytes ?? Buffer.alloc(0) },
      ];
      const { headStart } = sourceAndStart({ chunks, plan }, async () => undefined);
      const begun = () => store.seen.some(({ url }) => url.includes("partNumber=101"));
      const source = new Readable({ read: () => undefined });
      store.gate = () => {
        if (begun()) source.destroy(new Error("Docker is gone"));
        return false;
      };
      const upload = uploadArchive({ source, headStart, credentials: known, endpoint: store.endpoint, partSize: part });
      await assert.rejects(upload, /Docker is gone/);
      store.gate = () => false;
      assert.deepEqual(store.open(), []);
    });
  });

  it("is not begun any more for what the archive has come to", async () => {
    const plan = ["a", "b", "c"].map((key, i) => ({ number: 101 + i, keys: [key], bytes: 1 }));
    const sent: number[] = [];
    let answer: () => void = () => undefined;
    const ahead = new SentAhead({ parts: plan, read: async () => true, keyOf: () => undefined }, async (number) => {
      sent.push(number);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return { PartNumber: number, ETag: "e" };
    });
    const running = ahead.run(new UnderWay(1), new BufferPool(10));
    await until(() => sent.length === 1, "the first is under way");
    assert.equal(ahead.arrivedAt("b", 0), undefined, "it was not begun yet");
    answer();
    await until(() => sent.length === 2, "the next is under way");
    answer();
    await running;
    assert.deepEqual(sent, [101, 103]);
  });

  it("leaves every part but the last large enough for S3, and none too large for its memory", async () => {
    await fc.assert(
      fc.asyncProperty(guesses, async (guess) => {
        const { source, headStart } = sourceAndStart(guess, async () => undefined);
        const ahead = new SentAhead(headStart, async (number) => ({ PartNumber: number, ETag: "e" }));
        await ahead.run(new UnderWay(100), new BufferPool(part));
        const numbers = new PartNumbers(guess.plan.map(({ number }) => number));
        const slabs = new BufferPool(part);
        const got: Buffer[] = [];
        let last = 0;
        for await (const cut of partsOf(new Meter(source), slabs, { partSize: part, smallest, ahead, numbers })) {
          assert.ok(cut.last || (cut.bytes.length >= smallest && cut.bytes.length <= part));
          if (cut.planned !== undefined) {
            assert.ok(cut.planned.number > last, "a part would stand before what it follows");
            assert.equal(cut.bytes.length, cut.planned.bytes);
            numbers.skipTo(cut.planned.number);
          } else numbers.take();
          last = numbers.last;
          got.push(Buffer.from(cut.bytes));
          slabs.give(cut.bytes);
        }
        assert.ok(Buffer.concat(got).equals(Buffer.concat(guess.chunks.map(({ bytes }) => bytes))));
      }),
      { numRuns: 300 },
    );
  });

  it("is taken however much stands before it, and parts are of full size once nothing more can come", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: smallest, max: 5 * part }),
        fc.integer({ min: 1, max: 4 }),
        async (before, n) => {
          const bytes = (size: number) => Buffer.alloc(size, "x");
          const chunks = [
            { key: "new", bytes: bytes(before) },
            ...Array.from({ length: n }, (_, i) => ({ key: `${i}`, bytes: bytes(2500) })),
            { key: "more", bytes: bytes(3 * part) },
          ];
          const plan = Array.from({ length: n }, (_, i) => ({ number: 101 + i, keys: [`${i}`], bytes: 2500 }));
          const { source, headStart } = sourceAndStart({ chunks, plan }, async () => undefined);
          const ahead = new SentAhead({ ...headStart, read: async () => true }, async (number) => ({
            PartNumber: number,
            ETag: "e",
          }));
          await ahead.run(new UnderWay(100), new BufferPool(part));
          const numbers = new PartNumbers(plan.map(({ number }) => number));
          const sizes: number[] = [];
          for await (const cut of partsOf(new Meter(source), new BufferPool(part), {
            partSize: part,
            smallest,
            ahead,
            numbers,
          })) {
            if (cut.planned === undefined) numbers.take();
            else numbers.skipTo(cut.planned.number);
            sizes.push(cut.planned === undefined ? cut.bytes.length : 0);
          }
          const first = sizes.indexOf(0);
          assert.deepEqual(sizes.slice(first, first + n), Array(n).fill(0));
          assert.deepEqual(sizes.slice(first + n), [part, part, part]);
        },
      ),
    );
  });

  describe("as it is planned", () => {
    const note = fc
      .tuple(
        fc.stringMatching(/^[0-9a-f]{8}$/),
        fc.array(fc.integer({ min: 1, max: 7_500_000 }), { minLength: 1, maxLength: 150 }),
      )
      .map(
        ([name, sizes]): LayerNote => ({
          name,
          chunks: sizes.map((bytes, i) => ({ key: `${name} ${i}`, bytes })),
        }),
      );
    const notes = fc.uniqueArray(note, { maxLength: 12, selector: ({ name }) => name });

    it("are pieces of layers, in the archive's order, that can be parts, with room for what is new", () => {
      fc.assert(
        fc.property(notes, (known) => {
          const plan = planParts(known, partSize);
          const all = [...known].sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap(({ chunks }) => chunks);
          const places = plan.map(({ keys }) => all.findIndex(({ key }) => key === keys[0]));
          assert.deepEqual(
            places,
            [...places].sort((a, b) => a - b),
          );
          for (const [i, { number, keys, bytes }] of plan.entries()) {
            const before = plan[i - 1];
            const layer = keys[0]?.split(" ")[0];
            const sameLayer = before?.keys[0]?.split(" ")[0] === layer;
            assert.equal(number, (before?.number ?? 0) + (sameLayer ? 1 : 101));
            const chunks = all.slice(places[i], (places[i] ?? 0) + keys.length);
            assert.deepEqual(
              chunks.map(({ key }) => key),
              keys,
            );
            assert.ok(
              keys.every((key) => key.startsWith(`${layer} `)),
              "a part reaches over two layers",
            );
            assert.equal(
              chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
              bytes,
            );
            assert.ok(bytes >= smallestPart && bytes <= partSize);
            const first = all.findIndex(({ key }) => key === `${layer} 0`);
            const standsBefore = all.slice(first, places[i]).reduce((sum, chunk) => sum + chunk.bytes, 0);
            assert.ok(standsBefore >= smallestPart, "what stands before a layer would be too small a part");
          }
          // What may follow has numbers for 100 GB.
          assert.ok((10_000 - (plan.at(-1)?.number ?? 0)) * partSize >= 100e9);
        }),
        { numRuns: 200 },
      );
    });

    it("are none whose blocks are of another level: another compressor made them than the one that is there now", async () => {
      const folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
      try {
        const cache = new BlockCache({ folder, limit: 1e9, warn: assert.fail });
        const notes = new LayerNotes(folder);
        const digest = `sha256:${"ab".repeat(32)}`;
        const chunks = Array.from({ length: 20 }, () => ({ key: cache.key("cd".repeat(32), 9), bytes: 2_000_000 }));
        await notes.put(digest, { name: "x/layer.tar", chunks });
        const planned = (level: number) => planHeadStart([digest], level, notes, cache, partSize, () => undefined);
        assert.ok(((await planned(9))?.parts.length ?? 0) > 1);
        assert.equal(await planned(5), undefined);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it("are few enough for the numbers that S3 has, however much is known", () => {
      const chunks = (name: string) => Array.from({ length: 2000 }, (_, i) => ({ key: `${name} ${i}`, bytes: 7e6 }));
      const plan = planParts(
        Array.from({ length: 30 }, (_, i) => ({ name: `layer ${i}`, chunks: chunks(`${i}`) })),
        partSize,
      );
      assert.equal(plan.length, 500);
      assert.ok((plan.at(-1)?.number ?? 0) <= 1300);
    });
  });

  describe("as it is noted", () => {
    const digest = `sha256:${"ab".repeat(32)}`;
    const written: LayerNote = { name: "x/layer.tar", chunks: [{ key: `${"cd".repeat(32)}-9-v2`, bytes: 17 }] };
    let folder: string;
    beforeEach(async () => {
      folder = join(await mkdtemp(join(tmpdir(), "pulumi-ica-test-")), "layers");
    });
    afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

    it("is read as it was written, and nothing else is", async () => {
      const notes = new LayerNotes(folder);
      assert.equal(await notes.get(digest), undefined);
      await notes.put(digest, written);
      assert.deepEqual(await notes.get(digest), written);
      assert.equal(await notes.get(`sha256:${"ac".repeat(32)}`), undefined);
      const [name = ""] = await readdir(folder);
      for (const damaged of ["", "{", "{}", JSON.stringify({ ...written, chunks: [{ key: "../../etc", bytes: 1 }] })]) {
        await writeFile(join(folder, name), damaged);
        assert.equal(await notes.get(digest), undefined, damaged);
      }
    });

    it("leads to no file elsewhere, whatever a digest says", async () => {
      const notes = new LayerNotes(folder);
      for (const odd of ["sha256:../../x", "../x", "", "sha512:ab"]) await notes.put(odd, written);
      await assert.rejects(readdir(folder), /ENOENT/);
    });

    it("is left out where it cannot be written", async () => {
      await writeFile(folder, "a file where the folder should be");
      await new LayerNotes(folder).put(digest, written);
      assert.equal(await new LayerNotes(folder).get(digest), undefined);
    });
  });
});
