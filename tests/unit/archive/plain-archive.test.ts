import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { ChangedBuildError, plainArchive } from "../../../provider/archive/plain-archive";
import { ArchiveLook, type SeenImage } from "../../../provider/docker/archive-look";
import type { BuildSpec } from "../../../provider/docker/build-args";
import type { Docker } from "../../../provider/docker/cli";
import { keptContract, layeredArchive } from "../../support/layered-archive";
import { piecesOf } from "../../support/reading";

describe("the archive of a built image with plain layers", () => {
  const spec: BuildSpec = { context: ".", tag: "a/b:1", platform: "linux/amd64", noCache: true, pull: true };

  async function imageWith(text: string) {
    const { bytes } = await layeredArchive({ layers: [keptContract, [{ name: "opt/a", text }]] });
    let seen: SeenImage | undefined;
    const look = new ArchiveLook([]).pass(Readable.from([bytes], { objectMode: false }), async (image) => {
      seen = image;
    });
    for await (const _ of look);
    assert.ok(seen !== undefined);
    return { bytes, info: seen.info };
  }

  /** A builder that gives this archive; the real one is in tests/docker/plain-archive.test.ts. */
  function giving(bytes: Buffer) {
    const asked: BuildSpec[] = [];
    const source = Readable.from([bytes], { objectMode: false });
    const docker: Pick<Docker, "buildArchive"> = {
      buildArchive: async (again) => {
        asked.push(again);
        return { stream: source, done: finished(source, { writable: false }) };
      },
    };
    return { docker, asked, source };
  }

  it("is what the builder gives, byte for byte, and nothing is built again for it", async () => {
    const { bytes, info } = await imageWith("one");
    const { docker, asked } = giving(bytes);
    const archive = plainArchive(docker, spec, info);
    assert.ok((await buffer(piecesOf(archive))).equals(bytes));
    await archive.done;
    assert.deepEqual(asked, [{ context: ".", tag: "a/b:1", platform: "linux/amd64" }]);
  });

  it("fails before its end when the builder gives another image", async () => {
    const [one, two] = await Promise.all(["one", "two"].map(imageWith));
    assert.ok(one !== undefined && two !== undefined);
    const archive = plainArchive(giving(two.bytes).docker, spec, one.info);
    await assert.rejects(buffer(piecesOf(archive)), ChangedBuildError);
    await assert.rejects(archive.done, ChangedBuildError);
  });

  it("ends the builder's work when it is given up", async () => {
    const { bytes, info } = await imageWith("one");
    const { docker, source } = giving(bytes);
    const archive = plainArchive(docker, spec, info);
    assert.equal(await archive.read(Buffer.alloc(10)), 10);
    archive.stop();
    await assert.rejects(archive.done, /was stopped/);
    assert.ok(source.destroyed);
    await assert.rejects(archive.read(Buffer.alloc(10)), /was stopped/);
  });
});
