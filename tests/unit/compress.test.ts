import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CompressionError,
  type Compressor,
  CompressorNotFoundError,
  compress,
  compressor,
} from "../../provider/bzip2/compress.js";
import { makeContext, removeContext } from "./context-folder.js";
import { childrenOf, until } from "./processes.js";

const program = (text: string) => ({ text: `#!/bin/sh\n${text}\n`, executable: true });

describe("compression", function () {
  this.timeout(30_000);
  let folder: string;
  const fake = (name: string): Compressor => ({ name: "bzip2", command: join(folder, name), args: [] });

  before(async () => {
    folder = await makeContext({
      "all/lbzip2": program("exit 0"),
      "all/bzip2": program("exit 0"),
      "one/bzip2": program("exit 0"),
      "plain/lbzip2": "not a program",
      fails: program("head -c 100000; echo disk on fire >&2; exit 4"),
      stuck: program("exec sleep 600"),
      passes: program("exec cat"),
      complains: program("cat; echo unexpected end of input >&2; exit 1"),
    });
  });
  after(() => removeContext(folder));

  it("takes lbzip2 where it is, else bzip2", async () => {
    const named = async (...folders: string[]) =>
      (await compressor({ PATH: folders.map((name) => join(folder, name)).join(":") })).command;
    assert.equal(await named("one", "all"), join(folder, "all/lbzip2"));
    assert.equal(await named("plain", "one"), join(folder, "one/bzip2"));
  });

  it("says which package to install, and the way without one", async () => {
    await assert.rejects(compressor({ PATH: join(folder, "plain") }), (error: unknown) => {
      assert.ok(error instanceof CompressorNotFoundError);
      assert.match(error.message, /package lbzip2 .* or bzip2, or declare archive: \{ compression: "none" \}/);
      return true;
    });
  });

  it("gives what bzip2 unpacks to the same bytes, for every compressor of this machine", async () => {
    const data = Buffer.concat([randomBytes(2_000_000), Buffer.alloc(3_000_000, "a")]);
    for (const name of ["lbzip2", "bzip2"] as const) {
      const command = spawnSync("sh", ["-c", `command -v ${name}`])
        .stdout.toString()
        .trim();
      if (command === "") continue;
      const packed = await buffer(
        compress(Readable.from([data]), { name, command, args: ["--compress", "--stdout", "-9"] }).stream,
      );
      const plain = spawnSync("bzip2", ["-dc"], { input: packed, maxBuffer: 1e8 });
      assert.ok(plain.status === 0 && plain.stdout.equals(data), `${name} does not give the data back`);
    }
  });

  it("fails with the compressor's words, and destroys the source", async () => {
    const source = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
      { objectMode: false },
    );
    const { stream, done } = compress(source, fake("fails"));
    await assert.rejects(buffer(stream), (error: unknown) => {
      assert.ok(error instanceof CompressionError);
      assert.match(error.message, /^bzip2 ended with 4: disk on fire\./);
      return true;
    });
    await assert.rejects(done, CompressionError);
    assert.equal(source.destroyed, true);
  });

  it("fails with the source's error, whether the compressor ends well or complains of it", async () => {
    for (const name of ["passes", "complains"]) {
      const source = Readable.from(
        (function* () {
          yield Buffer.from("half");
          throw new Error("the source broke");
        })(),
        { objectMode: false },
      );
      await assert.rejects(buffer(compress(source, fake(name)).stream), /^Error: the source broke$/, name);
    }
  });

  it("fails when there is no such program", async () => {
    await assert.rejects(buffer(compress(Readable.from([Buffer.from("x")]), fake("none")).stream), /ENOENT/);
  });

  it("ends the process and destroys the source when it is aborted", async () => {
    const source = new Readable({ read: () => undefined });
    const abort = new AbortController();
    const { done } = compress(source, fake("stuck"), abort.signal);
    await until(() => childrenOf(process.pid).length > 0, "the compressor runs");
    abort.abort();
    await assert.rejects(done);
    assert.deepEqual(childrenOf(process.pid), []);
    assert.equal(source.destroyed, true);
  });
});
