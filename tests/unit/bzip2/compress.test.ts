import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  CompressionError,
  type Compressor,
  CompressorNotFoundError,
  compressFile,
  compressor,
  namelessFile,
} from "../../../provider/bzip2/compress";
import { makeContext, removeContext } from "../../support/context-folder";
import { setEnvironment } from "../../support/programs/environment";
import { childrenOf, until } from "../../support/programs/processes";

const compress = async (bytes: Buffer, program: Compressor, signal?: AbortSignal) =>
  compressFile(await namelessFile(bytes), program, signal);
const program = (text: string) => ({ text: `#!/bin/sh\n${text}\n`, executable: true });

describe("compression", function () {
  this.timeout(30_000);
  let folder: string;
  const fake = (name: string): Compressor => ({ name: "bzip2", command: join(folder, name), args: [], level: 9 });

  before(async () => {
    folder = await makeContext({
      "all/lbzip2": program("exit 0"),
      "all/bzip2": program("exit 0"),
      "one/bzip2": program("exit 0"),
      "plain/lbzip2": "not a program",
      fails: program("head -c 100000; echo disk on fire >&2; exit 4"),
      stuck: program("exec sleep 600"),
      killed: program("kill -9 $$"),
    });
  });
  after(() => removeContext(folder));

  it("uses lbzip2 when it is installed, else bzip2", async () => {
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
      const program = await compressor(process.env, [name]);
      const packed = await compress(data, program);
      assert.equal(packed.toString("latin1", 0, 4), `BZh${program.level}`);
      const plain = spawnSync("bzip2", ["-dc"], { input: packed, maxBuffer: 1e8 });
      assert.ok(plain.status === 0 && plain.stdout.equals(data), `${name} does not give the data back`);
    }
  });

  it("fails with the compressor's error", async () => {
    await assert.rejects(compress(Buffer.alloc(200_000), fake("fails")), (error: unknown) => {
      assert.ok(error instanceof CompressionError);
      assert.match(error.message, /^bzip2 ended with 4: disk on fire\./);
      return true;
    });
  });

  it("says that a signal ended the compressor", async () => {
    await assert.rejects(compress(Buffer.from("x"), fake("killed")), /^CompressionError: bzip2 was ended by SIGKILL\./);
  });

  it("fails when there is no such program", async () => {
    await assert.rejects(compress(Buffer.from("x"), fake("none")), /ENOENT/);
  });

  it("ends the process when it is aborted", async () => {
    const abort = new AbortController();
    const compressed = compress(Buffer.from("x"), fake("stuck"), abort.signal);
    await until(() => childrenOf(process.pid).length > 0, "the compressor runs");
    abort.abort(new Error("given up"));
    await assert.rejects(compressed, /given up/);
    assert.deepEqual(childrenOf(process.pid), []);
  });

  it("starts nothing when it is aborted before", async () => {
    await assert.rejects(
      compress(Buffer.from("x"), fake("none"), AbortSignal.abort(new Error("given up"))),
      /given up/,
    );
  });

  it("leaves no file and no open one, however it ends", async () => {
    const open = () => readdirSync("/proc/self/fd").length;
    // A folder of its own: in the machine's others may compress at the same time.
    const own = await makeContext({});
    const restoreEnvironment = setEnvironment({ TMPDIR: own });
    try {
      const before = open();
      await compress(Buffer.from("x"), await compressor());
      await assert.rejects(compress(Buffer.from("x"), fake("fails")));
      await assert.rejects(compress(Buffer.from("x"), fake("none")));
      await until(() => open() <= before, "every file is closed");
      assert.deepEqual(readdirSync(own), []);
    } finally {
      restoreEnvironment();
      await removeContext(own);
    }
  });
});
