import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { type Headers as Header, pack } from "tar-stream";
import type { Chunk } from "../../../provider/archive/chunk";
import { cutArchive, smallestLayer } from "../../../provider/archive/cut-layers";
import { BufferPool } from "../../../provider/bytes/buffer-pool";
import { sourceOf } from "../../../provider/bytes/reading";

type Entry = [header: Partial<Header> & { name: string; pax?: Record<string, string> }, content: Buffer];

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const packing = pack();
  for (const [header, content] of entries) packing.entry({ ...header, size: content.length }, content);
  packing.finalize();
  return buffer(packing);
}

async function* torn(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function cut(archive: Buffer, chunkSize = 100_000, readSize = 65_536): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of cutArchive(sourceOf(torn(archive, readSize)), new BufferPool(chunkSize)))
    chunks.push(chunk);
  return chunks;
}

/** As the provider does: each chunk is given back before the next one is read, and may be written over from then on. */
async function cutOneByOne(archive: Buffer, chunkSize: number, readSize: number): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const { bytes, release } of cutArchive(sourceOf(torn(archive, readSize)), new BufferPool(chunkSize))) {
    copies.push(Buffer.from(bytes));
    release();
    bytes.fill("given back");
  }
  return Buffer.concat(copies);
}

const whole = (chunks: readonly Chunk[]) => Buffer.concat(chunks.map(({ bytes }) => bytes));
const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const pieces = (chunks: readonly Chunk[], name: string) => chunks.filter(({ layer }) => layer?.name === name);

const base = randomBytes(250_001);
const top = randomBytes(smallestLayer);
const [baseId, topId] = ["a".repeat(64), "0123456789abcdef".repeat(4)];

const layouts: Record<string, (id: string) => [name: string, around: (content: Buffer) => Entry[]]> = {
  "folders, before Docker 25": (id) => [
    `${id}/layer.tar`,
    (content) => [
      [{ name: `${id}/`, type: "directory" }, Buffer.alloc(0)],
      [{ name: `${id}/VERSION` }, Buffer.from("1.0")],
      [{ name: `${id}/json` }, Buffer.from("{}")],
      [{ name: `${id}/layer.tar` }, content],
    ],
  ],
  "blobs, as OCI has it": (id) => [
    `blobs/sha256/${id}`,
    (content) => [
      [{ name: "blobs/sha256/", type: "directory" }, Buffer.alloc(0)],
      [{ name: `blobs/sha256/${id}` }, content],
    ],
  ],
};

describe("an archive of docker save, cut at its layers", () => {
  for (const [layout, entriesOf] of Object.entries(layouts)) {
    it(`has its layers in chunks of their own: ${layout}`, async () => {
      const [baseName, baseEntries] = entriesOf(baseId);
      const [topName, topEntries] = entriesOf(topId);
      const manifest: Entry = [{ name: "manifest.json" }, Buffer.from("[]")];
      const archive = await tar([...baseEntries(base), ...topEntries(top), manifest]);
      const chunks = await cut(archive);
      assert.ok(whole(chunks).equals(archive), "the chunks are not the archive");
      assert.ok(whole(pieces(chunks, baseName)).equals(base));
      assert.ok(whole(pieces(chunks, topName)).equals(top));
      assert.deepEqual(
        pieces(chunks, baseName).map(({ bytes }) => bytes.length),
        [100_000, 100_000, 50_001],
      );
      assert.deepEqual(
        chunks.map(({ layer }) => layer?.name),
        [undefined, baseName, baseName, baseName, undefined, topName, undefined],
      );
      const [first, second] = pieces(chunks, baseName);
      assert.equal(first?.layer, second?.layer, "pieces of one layer have one layer object");
    });

    it(`gives the same chunks for a layer at any position: ${layout}`, async () => {
      const [name, entries] = entriesOf(baseId);
      const [, before] = entriesOf(topId);
      const alone = await cut(await tar(entries(base)));
      const later = await cut(await tar([...before(top), ...entries(base)]), 100_000, 999);
      const hashes = (chunks: Chunk[]) => pieces(chunks, name).map(({ bytes }) => sha(bytes));
      assert.deepEqual(hashes(later), hashes(alone));
    });
  }

  it("leaves small layers, and files that are no layers, among what is between", async () => {
    const archive = await tar([
      [{ name: `${topId}/layer.tar` }, top.subarray(1)],
      [{ name: "blobs/sha256/short" }, base],
      [{ name: `x${baseId}/layer.tar` }, base],
    ]);
    const chunks = await cut(archive);
    assert.ok(chunks.every(({ layer }) => layer === undefined));
    assert.ok(whole(chunks).equals(archive));
  });

  it("sees which layers are compressed already", async () => {
    const starts: [string, boolean][] = [
      ["1f8b0800", true],
      ["28b52ffd", true],
      ["1f8c0800", false],
      ["00000000", false],
    ];
    for (const [start, packed] of starts) {
      const content = Buffer.concat([Buffer.from(start, "hex"), base]);
      const chunks = await cut(await tar([[{ name: `blobs/sha256/${baseId}` }, content]]));
      assert.equal(chunks[1]?.layer?.packed, packed, start);
    }
  });

  it("reads sizes of 8 GiB and more, in both spellings", async () => {
    const size = 9 * 1024 ** 3;
    const binary = await tar([[{ name: `${baseId}/layer.tar` }, Buffer.alloc(1)]]);
    binary.write("800000000000000240000000", 124, "hex");
    fixSum(binary, 0);
    // The content itself is not there: the cut continues to the end of the bytes.
    const content = Buffer.concat([binary.subarray(0, 512), base]);
    const inBinary = await cut(content);
    assert.deepEqual(inBinary[1]?.layer, { name: `${baseId}/layer.tar`, size, packed: false });
    assert.ok(whole(inBinary).equals(content));

    const pax = await tar([[{ name: `${baseId}/layer.tar`, pax: { size: String(size) } }, Buffer.alloc(1)]]);
    const withPax = Buffer.concat([pax.subarray(0, 1536), base]);
    const inPax = await cut(withPax);
    assert.equal(inPax[1]?.layer?.size, size);
    assert.ok(whole(inPax).equals(withPax));
  });

  it("gives back every byte of anything, in chunks that are never too large, however it is torn", async () => {
    const valid = await tar([
      [{ name: `${baseId}/layer.tar` }, base],
      [{ name: "link", type: "symlink", linkname: "../layer.tar" }, Buffer.alloc(0)],
      [{ name: "n".repeat(200), pax: { comment: "long" } }, top],
    ]);
    const damaged = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(valid);
      copy[at] = byte;
      return copy;
    });
    const archives = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(valid.length).map((length) => valid.subarray(0, length)),
      damaged,
    );
    const sizes = fc.integer({ min: 512, max: 200_000 });
    await fc.assert(
      fc.asyncProperty(archives, sizes, fc.integer({ min: 100, max: 70_000 }), async (archive, chunkSize, readSize) => {
        const chunks = await cut(archive, chunkSize, readSize);
        assert.ok((await cutOneByOne(archive, chunkSize, readSize)).equals(archive), "a slab was used too early");
        assert.ok(whole(chunks).equals(archive), "bytes were lost or changed");
        const largest = Math.max(0, ...chunks.map(({ bytes }) => bytes.length));
        assert.ok(largest <= Math.max(chunkSize, 1024), `a chunk of ${largest} bytes where ${chunkSize} were allowed`);
      }),
      { numRuns: 150 },
    );
  });
});

function fixSum(header: Buffer, at: number): void {
  header.fill(0x20, at + 148, at + 156);
  const sum = header.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
}
