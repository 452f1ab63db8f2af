import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { archiveImage, type Compression } from "../../../provider/archive/archive";
import { readingOf } from "../../../provider/bytes/process";
import { childrenOf, until } from "../../support/programs/processes";
import { piecesOf } from "../../support/reading";

/** A program in place of `docker save`; the real one is in tests/docker/archive.test.ts. */
const giving = (command: string, ...args: string[]) => ({
  readSaved: () => readingOf({ command, args, failure: ({ words }) => new Error(`it failed: ${words.trim()}`) }),
});

describe("an archive that is read while it is made", () => {
  for (const compression of ["bzip2", "none"] satisfies Compression[]) {
    it(`has all that was saved: ${compression}`, async () => {
      const content = randomBytes(300_000).toString("base64");
      const docker = giving(process.execPath, "-e", `process.stdout.write("${content.slice(0, 90_000)}")`);
      const archive = await archiveImage({ docker, ref: "x", compression });
      const bytes = await buffer(piecesOf(archive));
      await archive.done;
      const plain = compression === "none" ? bytes : spawnSync("bzip2", ["-dc"], { input: bytes }).stdout;
      assert.equal(plain.toString(), content.slice(0, 90_000));
    });

    it(`fails with the error of the program that saves, and is not a short archive: ${compression}`, async () => {
      const docker = giving("sh", "-c", "echo half; echo no space >&2; exit 3");
      const archive = await archiveImage({ docker, ref: "x", compression });
      await assert.rejects(buffer(piecesOf(archive)), /it failed: no space/);
      await assert.rejects(archive.done, /it failed: no space/);
    });

    for (const way of ["stopped", "aborted", "aborted before"]) {
      it(`ends the program that saves when it is ${way}: ${compression}`, async () => {
        const abort = new AbortController();
        if (way === "aborted before") abort.abort();
        const docker = giving("sleep", "600");
        const archive = await archiveImage({ docker, ref: "x", compression, signal: abort.signal });
        if (way !== "aborted before") {
          const read = assert.rejects(archive.read(Buffer.alloc(10)));
          await until(() => childrenOf(process.pid).length > 0, "the program runs");
          if (way === "stopped") archive.stop();
          else abort.abort();
          await read;
        }
        await assert.rejects(archive.done);
        assert.deepEqual(childrenOf(process.pid), []);
      });
    }
  }
});
