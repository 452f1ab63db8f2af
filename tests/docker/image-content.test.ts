import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import type { Docker } from "../../provider/docker/cli";
import { imageContentHash } from "../../provider/docker/image-content";
import { TestImages } from "./images";

describe("what a local image is known by", () => {
  const images = new TestImages();
  let docker: Docker;

  before(async () => {
    docker = await images.docker();
  });
  after(() => images.removeAll());

  const dockerfile = "FROM scratch\nCOPY file /\nENV NAME=value\n";

  async function hashOf(ref: string): Promise<string> {
    const info = await docker.inspect(ref);
    assert.ok(info !== undefined, `there is no ${ref}`);
    return imageContentHash(info);
  }

  it("stays when it is built once more, as people do, with the record of the build that new engines add", async () => {
    const context = await images.folder({ Dockerfile: dockerfile, file: "same" });
    const byHand = (tag: string) => {
      const built = spawnSync(docker.client.command, ["build", "--quiet", "--tag", tag, context], {
        env: { ...process.env, DOCKER_BUILDKIT: "1" },
      });
      assert.equal(built.status, 0, built.stderr.toString());
      return tag;
    };
    const first = await hashOf(byHand(images.tag()));
    assert.equal(await hashOf(byHand(images.tag())), first);
  });

  it("stays when it is carried to another engine as an archive", async () => {
    const ref = await images.build(dockerfile, { file: "carried" });
    const before = await hashOf(ref);
    const archive = spawnSync(docker.client.command, ["save", ref], { maxBuffer: 1e8 }).stdout;
    await docker.removeImage(ref);
    const loaded = spawnSync(docker.client.command, ["load"], { input: archive });
    assert.equal(loaded.status, 0, loaded.stderr.toString());
    assert.equal(await hashOf(ref), before);
  });

  it("changes with any byte of its files, and with its configuration", async () => {
    const hashes = [
      await hashOf(await images.build(dockerfile, { file: "one" })),
      await hashOf(await images.build(dockerfile, { file: "two" })),
      ...(await Promise.all(
        [
          "LABEL a=b",
          "USER 1000:100",
          "WORKDIR /data",
          'CMD ["x"]',
          'ENTRYPOINT ["x"]',
          "VOLUME /v",
          "STOPSIGNAL INT",
        ].map(async (line) => hashOf(await images.build(`${dockerfile}${line}\n`, { file: "one" }))),
      )),
    ];
    assert.equal(new Set(hashes).size, hashes.length, hashes.join("\n"));
  });
});
