import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { PartError, readPart } from "../../../provider/bzip2/part";
import { Splicer } from "../../../provider/bzip2/splice";
import { makeContext, removeContext } from "../../support/context-folder";

const large = { maxBuffer: 1e9 };

function packed(plain: Buffer, level = 9, program = "bzip2"): Buffer {
  const { status, stdout, stderr } = spawnSync(program, ["-c", `-${level}`], { input: plain, ...large });
  assert.equal(status, 0, stderr?.toString());
  return stdout;
}

function spliced(parts: readonly Buffer[], level = 9): Buffer {
  const splicer = new Splicer(level);
  return Buffer.concat([splicer.start(), ...parts.map((part) => splicer.add(readPart(part))), splicer.end()]);
}

const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

/** Decompresses the first stream only, and fails if anything follows it. */
const pythonFirstStream = [
  "import bz2, sys",
  "d = bz2.BZ2Decompressor()",
  "sys.stdout.buffer.write(d.decompress(sys.stdin.buffer.read()))",
  "sys.exit(0 if d.eof and d.unused_data == b'' else 'the first stream is not the whole file')",
].join("\n");

const goDecoder = `package main
import ("compress/bzip2"; "io"; "os")
func main() { if _, err := io.Copy(os.Stdout, bzip2.NewReader(os.Stdin)); err != nil { panic(err) } }
`;

/** Plain content of all kinds that matter: noise, text, runs that bzip2's run-length step shortens, nothing, one byte. */
const content = fc.oneof(
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 1 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(255), fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 60_000_000 })))
      .map(([byte, length]) => Buffer.alloc(Math.min(length, 3_000_000), byte)),
  },
  { weight: 3, arbitrary: fc.string({ maxLength: 3000 }).map((text) => Buffer.from(text.repeat(7))) },
  { weight: 1, arbitrary: fc.integer({ min: 899_970, max: 900_010 }).map((length) => randomBytes(length)) },
);

describe("one bzip2 stream out of parts", function () {
  this.timeout(120_000);
  let folder: string;
  /** Every decoder of this machine. */
  const decoders: Record<string, (file: Buffer) => SpawnSyncReturns<Buffer>> = {
    "bzip2 -dc": (input) => spawnSync("bzip2", ["-dc"], { input, ...large }),
  };

  before(async () => {
    folder = await makeContext({ "main.go": goDecoder });
    if (has("lbzip2", "--version"))
      decoders["lbzip2 -dc"] = (input) => spawnSync("lbzip2", ["-dc"], { input, ...large });
    if (has("python3", "-c", "import bz2"))
      decoders["Python, first stream only"] = (input) =>
        spawnSync("python3", ["-c", pythonFirstStream], { input, ...large });
    const go = join(folder, "decode");
    if (has("go", "build", "-o", go, join(folder, "main.go")))
      decoders["Go's compress/bzip2"] = (input) => spawnSync(go, { input, ...large });
  });
  after(() => removeContext(folder));

  function assertDecodes(file: Buffer, plain: Buffer): void {
    const verbose = spawnSync("bzip2", ["-tv"], { input: file, ...large });
    assert.equal(verbose.status, 0, `bzip2 -tv refuses the stream: ${verbose.stderr}`);
    for (const [name, decode] of Object.entries(decoders)) {
      const { status, stdout, stderr } = decode(file);
      assert.equal(status, 0, `${name}: ${stderr}`);
      assert.ok(stdout.equals(plain), `${name} gives other bytes than went in`);
    }
  }

  it("is accepted by bzip2, Python, Go and a decoder of one stream, for any parts", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(content, fc.integer({ min: 1, max: 9 })), { maxLength: 8 }), (parts) => {
        const file = spliced(parts.map(([plain, level]) => packed(plain, level)));
        assertDecodes(file, Buffer.concat(parts.map(([plain]) => plain)));
      }),
      { numRuns: 25 },
    );
  });

  for (const program of ["lbzip2", "python3", "go"]) {
    it(`was tried with ${program}`, function () {
      if (has(program, program === "go" ? "version" : "--version"))
        assert.ok(Object.keys(decoders).some((name) => name.toLowerCase().startsWith(program.replace("3", ""))));
      else {
        console.log(`      skipped: ${program} is not on this machine`);
        this.skip();
      }
    });
  }

  it("begins parts at each of the eight bit positions", () => {
    const plain = Array.from({ length: 64 }, (_, i) => Buffer.from(`part ${i}: ${"x".repeat(i * i)}`));
    const positions = new Set<number>();
    let bits = 0;
    for (const part of plain) {
      positions.add(bits % 8);
      bits += readPart(packed(part)).bits;
    }
    assert.equal(positions.size, 8, "these parts do not try every position");
    assertDecodes(spliced(plain.map((part) => packed(part))), Buffer.concat(plain));
  });

  it("holds parts of many blocks, made by any compressor", () => {
    const plain = [
      randomBytes(2_500_000),
      Buffer.from(randomBytes(1_500_000).toString("hex")),
      Buffer.alloc(9_000_000),
    ];
    const programs = has("lbzip2", "--version") ? ["bzip2", "lbzip2"] : ["bzip2"];
    const parts = programs.flatMap((program) => plain.map((part) => packed(part, 9, program)));
    assert.equal(readPart(parts[0] ?? Buffer.alloc(0)).blocks, 3);
    assertDecodes(spliced(parts), Buffer.concat(programs.flatMap(() => plain)));
  });

  it("is the empty stream when there are no parts, or empty ones", () => {
    assert.deepEqual(spliced([]), packed(Buffer.alloc(0)));
    assert.deepEqual(spliced([packed(Buffer.alloc(0)), packed(Buffer.alloc(0))]), packed(Buffer.alloc(0)));
  });

  it("is the part itself when there is one", () => {
    const part = packed(randomBytes(2_000_001));
    assert.equal(digest(spliced([part])), digest(part));
  });

  it("rejects a part of a higher level than its own: a decoder would have no room for its blocks", () => {
    const splicer = new Splicer(1);
    assert.throws(
      () => splicer.add(readPart(packed(Buffer.from("x"), 2))),
      /level 2 cannot be part of a stream of level 1/,
    );
    assertDecodes(spliced([packed(Buffer.from("x"), 1)], 1), Buffer.from("x"));
  });

  it("refuses what is cut off, damaged, lengthened, or not bzip2 at all", () => {
    const part = packed(randomBytes(1_900_000));
    const changed = (at: number) => {
      const copy = Buffer.from(part);
      copy[at] = (copy[at] ?? 0) ^ 0x10;
      return copy;
    };
    const wrong: Record<string, Buffer> = {
      empty: Buffer.alloc(0),
      "not bzip2": Buffer.from("hello, hello, hello"),
      "level 0": Buffer.concat([Buffer.from("BZh0"), part.subarray(4)]),
      "cut off": part.subarray(0, -1),
      "cut off in the first block": part.subarray(0, 5000),
      "one byte more": Buffer.concat([part, Buffer.alloc(1)]),
      "two streams": Buffer.concat([part, part]),
      "other CRC of the stream": changed(part.length - 4),
      "other CRC of the first block": changed(11),
      "no magic of the first block": changed(5),
      "other level after the header": Buffer.concat([part.subarray(0, 4), Buffer.alloc(3), part.subarray(4)]),
    };
    for (const [what, bytes] of Object.entries(wrong)) assert.throws(() => readPart(bytes), PartError, what);
  });

  it("is not misled by a block's magic that occurs in a block by chance", () => {
    // Forged: bytes of a block that read as a magic and a CRC, which the trailer's CRC does not know of.
    const part = packed(randomBytes(1_900_000));
    const forged = Buffer.from(part);
    forged.write("314159265359deadbeef", 400_000, "hex");
    assert.equal(readPart(forged).blocks, readPart(part).blocks);
    assert.equal(readPart(forged).crc, readPart(part).crc);
  });
});

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
