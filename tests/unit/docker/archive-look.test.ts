import assert from "node:assert/strict";
import { posix } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { readableOf } from "../../../provider/bytes/stream";
import { alwaysRead, inspectFiles } from "../../../provider/contract/image/inspect";
import { ArchiveLook, ArchiveLookError, type SeenImage } from "../../../provider/docker/archive-look";
import { type ArchiveParts, type Entry, keptContract, layeredArchive } from "../../support/layered-archive";

/** Passes an archive in pieces of a size, and gives what was seen with what came out. */
async function look(bytes: Buffer, { piece = 65_536, kept }: { piece?: number; kept?: number } = {}) {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  const seen: SeenImage[] = [];
  const source = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
  const passing = new ArchiveLook(alwaysRead, kept).pass(source, async (image) => {
    seen.push(image);
  });
  const out = await buffer(readableOf(passing, () => source.destroy()));
  const [image] = seen;
  assert.ok(image !== undefined, "the image was reported");
  return { image, out };
}

const seenOf = async (parts: ArchiveParts) => (await look((await layeredArchive(parts)).bytes)).image;
const textAt = async (image: SeenImage, path: string) => (await image.read(path))?.content.toString();
const fileAt = async (image: SeenImage, path: string) => {
  const file = await image.read(path);
  return file?.type === "file" ? file.content.toString() : undefined;
};

describe("an archive that is looked at while it passes by", () => {
  it("comes out as it went in, byte for byte, for pieces of any size", async () => {
    const { bytes } = await layeredArchive({ layers: [keptContract, [{ name: "opt/a", text: "x".repeat(5_000) }]] });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3_000 }), async (piece) => {
        const { out, image } = await look(bytes, { piece });
        assert.ok(out.equals(bytes));
        assert.equal(await textAt(image, "/opt/a"), "x".repeat(5_000));
      }),
      { numRuns: 20 },
    );
  });

  for (const name of ["[id].js", "{slug}.html", "[]", "{}"])
    it(`recognises a layer whose first file is named ${name}`, async () => {
      const image = await seenOf({ layers: [[{ name, text: "x" }, ...keptContract]] });
      assert.match((await textAt(image, "/usr/local/bin/ica_start.sh")) ?? "", /serve 8888/);
    });

  it("reports the configuration, its digest and the size of the layers", async () => {
    const config = { User: "1000:100", ExposedPorts: { "8888/tcp": {} }, Entrypoint: ["/e"], Cmd: null };
    const { bytes, configDigest } = await layeredArchive({ layers: [[{ name: "a", text: "b" }]], config });
    const { info } = (await look(bytes)).image;
    assert.equal(info.Id, configDigest);
    assert.deepEqual([info.Os, info.Architecture, info.Config.User], ["linux", "amd64", "1000:100"]);
    assert.deepEqual(
      [Object.keys(info.Config.ExposedPorts), info.Config.Entrypoint, info.Config.Cmd],
      [["8888/tcp"], ["/e"], []],
    );
    assert.deepEqual([info.RootFS.Layers.length, info.Size], [1, 2048]);
  });

  it("is checked by the same rules as an image in the local Docker", async () => {
    const codes = async (layers: Entry[]) => {
      const image = await seenOf({ layers: [keptContract, layers] });
      const { findings } = await inspectFiles(image, { access: { web: true, console: false } });
      return findings.map(({ code }) => code);
    };
    assert.deepEqual(await codes([]), []);
    assert.deepEqual(await codes([{ name: "usr/local/bin/ica_start.sh", mode: 0o644, text: "#!/bin/bash\n# 8888" }]), [
      "ICA005",
    ]);
    assert.deepEqual(await codes([{ name: "usr/local/bin/.wh.ica_start.sh" }]), ["ICA004"]);
    assert.deepEqual(await codes([{ name: "bin/.wh.bash" }]), ["ICA009"]);
    assert.deepEqual(await codes([{ name: "etc/passwd", text: "root:x:0:0::/:/bin/sh\n" }]), ["ICA002", "ICA003"]);
  });

  it("follows links as in the image: relative, absolute, in folders, hard ones; none in a circle", async () => {
    const link = (name: string, linkname: string): Entry => ({ name, linkname, type: "symlink" });
    const image = await seenOf({
      layers: [
        [
          { name: "usr/bin/real", mode: 0o4755, uid: 1000, gid: 100, text: "real" },
          { name: "usr/bin/hard", type: "link", linkname: "usr/bin/real" },
          link("bin", "usr/bin"),
          link("opt/deep/l", "../../bin/real"),
          link("opt/deep/ll", "/opt/deep/l"),
          link("dangling", "/gone"),
          link("loop", "loop"),
          { name: "pipe", type: "fifo" },
        ],
      ],
    });
    const real = { type: "file", mode: 0o4755, uid: 1000, gid: 100, size: 4 };
    const shape = async (path: string) => {
      const file = await image.read(path);
      if (file === undefined) return undefined;
      const { type, mode, uid, gid, size, linkname } = file;
      return { type, mode, uid, gid, size, ...(linkname === undefined ? {} : { linkname }) };
    };
    assert.deepEqual(await shape("/usr/bin/real"), real);
    assert.deepEqual(await shape("/bin/real"), real);
    assert.deepEqual(await shape("/usr/bin/hard"), real);
    assert.deepEqual(await shape("/opt/deep/ll"), { ...real, linkname: "/opt/deep/l" });
    assert.deepEqual((await shape("/dangling"))?.type, "symlink");
    assert.deepEqual((await shape("/pipe"))?.type, "other");
    for (const path of ["/loop", "/loop/x", "/gone", "/dangling/x", "/usr/bin/real/below"])
      assert.equal(await image.read(path), undefined, path);
  });

  it("shows what the layers leave, in any order of the layers: any files, links, removals", async () => {
    const names = ["a", "b", "c"];
    const path = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const change = fc.record({ path, kind: fc.constantFrom("file", "folder", "remove", "opaque"), text: fc.string() });
    const layers = fc.array(fc.array(change, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(layers, fc.integer(), async (declared, seed) => {
        const model = new Map<string, string>();
        const made = declared.map((changes) => layerOf(changes, model));
        const order = (files: string[]) =>
          files
            .map((name, i) => [name, (seed ^ (i * 2_654_435_761)) >>> 0] as const)
            .sort((x, y) => x[1] - y[1])
            .map(([name]) => name);
        const image = (await look((await layeredArchive({ layers: made, order })).bytes)).image;
        for (const a of names)
          for (const at of [a, ...names.flatMap((b) => [`${a}/${b}`, ...names.map((c) => `${a}/${b}/${c}`)])])
            assert.equal(await fileAt(image, `/etc/${at}`), model.get(at), at);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps only so much text, and says what it was asked for and has not", async () => {
    const layers = [
      [...keptContract, { name: "etc/big", text: "y".repeat(100) }, { name: "etc/huge", text: "z".repeat(70_000) }],
    ];
    const { image } = await look((await layeredArchive({ layers })).bytes, { kept: 99 });
    assert.match((await textAt(image, "/etc/passwd")) ?? "", /ica/, "what every check reads is always kept");
    assert.deepEqual(image.unread(), []);
    assert.equal((await image.read("/etc/big"))?.size, 100);
    assert.deepEqual(image.unread(), [], "to know of a file is not to read it");
    assert.equal(await textAt(image, "/etc/big"), "");
    assert.equal(await textAt(image, "/etc/huge"), "");
    assert.deepEqual(image.unread(), ["/etc/big", "/etc/huge"]);
  });

  it("is refused with a layer that is compressed, without a manifest, and cut off", async () => {
    const layers = [keptContract];
    const refused = async (parts: ArchiveParts) => assert.rejects(seenOf(parts), ArchiveLookError);
    await refused({ layers, gzipped: [0] });
    await refused({ layers, without: ["manifest.json"] });
    const { bytes } = await layeredArchive({ layers });
    await assert.rejects(look(bytes.subarray(0, 3_000)), /Unexpected end of data/);
    await assert.rejects(look(Buffer.alloc(5_000, "no archive ")), /tar/i);
  });

  it("fails at its end with the error of the check, so that no reader treats it as complete", async () => {
    const { bytes } = await layeredArchive({ layers: [keptContract] });
    const passing = new ArchiveLook(alwaysRead).pass(Readable.from([bytes], { objectMode: false }), async () => {
      throw new Error("not this one");
    });
    let passed = 0;
    await assert.rejects(async () => {
      for await (const chunk of passing) passed += chunk.length;
    }, /^Error: not this one$/);
    assert.equal(passed, bytes.length);
  });
});

interface Change {
  readonly path: string;
  readonly kind: string;
  readonly text: string;
}

/** A layer below /etc, whose texts are kept; and what it does to `files`, a file system in the plainest of ways. */
function layerOf(changes: readonly Change[], files: Map<string, string>): Entry[] {
  const entries = new Map<string, Entry>();
  const removals: Entry[] = [];
  const below = (folder: string) => [...files.keys()].filter((file) => file.startsWith(`${folder}/`));
  const isTaken = (path: string) =>
    [...entries.keys(), ...removals.map(({ name }) => posix.dirname(name).slice(4))].some(
      (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
    );
  const before = new Map(files);
  for (const { path, kind, text } of changes) {
    // A layer is what a step leaves: it tells one thing of a path, and files lie in folders.
    if (isTaken(path)) continue;
    const folderIsFile = [...before.keys()].some((file) => path.startsWith(`${file}/`));
    if (folderIsFile) continue;
    const dirname = posix.dirname(path);
    if (kind === "file") {
      for (const file of below(path)) files.delete(file);
      files.set(path, text);
      entries.set(path, { name: `etc/${path}`, text });
    } else if (kind === "folder") {
      files.delete(path);
      entries.set(path, { name: `etc/${path}`, type: "directory" });
    } else if (kind === "remove") {
      for (const file of [path, ...below(path)]) files.delete(file);
      removals.push({ name: posix.join("etc", dirname, `.wh.${posix.basename(path)}`) });
      entries.set(`${path}/.removed`, { name: "unused" });
    } else {
      for (const file of [path, ...below(path)]) files.delete(file);
      entries.set(path, { name: `etc/${path}`, type: "directory" });
      removals.push({ name: `etc/${path}/.wh..wh..opq` });
    }
  }
  const made = [...entries.values()].filter(({ name }) => name !== "unused");
  return [...made, ...removals];
}
