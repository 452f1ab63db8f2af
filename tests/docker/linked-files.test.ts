import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { readBuildFile } from "../../provider/build-context/build-file";
import type { Docker } from "../../provider/docker/cli";
import { TestImages } from "./images";

describe("a Dockerfile that is a link", function () {
  this.timeout(120_000);
  const images = new TestImages();
  let docker: Docker;

  before(async () => {
    docker = await images.docker();
  });
  after(() => images.removeAll());

  /** Targets of the link, from the folder of the build; `ROOT` is that folder as this machine knows it. */
  for (const target of [
    "docker/real",
    "/docker/real",
    "docker/../docker/real",
    "../real",
    "ROOT/docker/real",
    "nowhere",
  ]) {
    it(`to ${target} is read in preview exactly if Docker builds from it`, async () => {
      const folder = await images.folder({
        "app/docker/real": "FROM scratch\nCOPY a /\n",
        "app/a": "",
        real: "FROM scratch\n",
      });
      const context = join(folder, "app");
      await symlink(target.replace("ROOT", context), join(context, "Dockerfile"));
      const read = await readBuildFile(join(context, "Dockerfile"), "build.dockerfile").then(
        () => true,
        () => false,
      );
      const built = await docker.build({ context, tag: images.tag(), platform: "linux/amd64" }).then(
        () => true,
        () => false,
      );
      assert.equal(read, built);
    });
  }
});
