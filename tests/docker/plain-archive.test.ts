import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { cutArchive } from "../../provider/archive/cut-layers";
import { plainArchive } from "../../provider/archive/plain-archive";
import { BufferPool } from "../../provider/bytes/buffer-pool";
import type { ByteSource } from "../../provider/bytes/reading";
import { imageContentHash } from "../../provider/docker/image-content";
import { piecesOf } from "../support/reading";
import { base, TestImages } from "./images";

describe("an image in the containerd image store", () => {
  const images = new TestImages();
  after(() => images.removeAll());

  it("is sent with plain layers, straight from the build's cache", async function () {
    this.timeout(120_000);
    const docker = await images.docker();
    const tag = images.tag();
    const context = await images.folder({
      Dockerfile: `FROM ${base}\nCOPY data /\nRUN date +%N > /when\nLABEL a=b\n`,
      data: randomBytes(300_000).toString("hex"),
    });
    const spec = { context, tag, platform: "linux/amd64", noCache: true, labels: { "pulumi-ica": "test" } } as const;
    await docker.build(spec);
    const info = await docker.inspect(tag);
    assert.ok(info !== undefined);
    // The classic store has plain layers anyway, and a client without buildx cannot ask for them.
    if (info.Descriptor === undefined || docker.client.builds !== "buildx") this.skip();

    const packed = async (source: ByteSource) => {
      const kinds = new Set<boolean>();
      for await (const { layer } of cutArchive(source, new BufferPool(1e6)))
        if (layer !== undefined) kinds.add(layer.packed);
      return [...kinds];
    };
    assert.ok((await packed(await docker.readSaved(tag))).includes(true), "docker save gives compressed layers");
    const archive = plainArchive(docker, spec, info);
    assert.deepEqual(await packed(archive), [false]);
    await archive.done;

    const loaded = await buffer(piecesOf(plainArchive(docker, spec, info)));
    await docker.removeImage(tag);
    assert.equal(spawnSync(docker.client.command, ["load", "--quiet"], { input: loaded }).status, 0);
    const again = await docker.inspect(tag);
    assert.ok(again !== undefined);
    assert.equal(imageContentHash(again), imageContentHash(info));
  });
});
