import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { benchImageHandler as handler } from "../../provider/bench-image/handler";
import { localReference } from "../../provider/bench-image/identity";
import { readyImage } from "../../provider/bench-image/source/ready-image";
import { Docker } from "../../provider/docker/cli";
import { eachBuild, type ScriptedBuild } from "../support/each/each-build";
import { checkedImage } from "../support/known";
import { TestImages } from "./images";

describe("a file that is saved between the preview's look at it and BuildKit's", function () {
  this.timeout(120_000);
  const images = new TestImages();
  let scripted: ScriptedBuild;
  eachBuild((each) => {
    scripted = each;
  });
  after(() => images.removeAll());

  it("fails the build that would publish it under the hash of what it was; the next up publishes it", async () => {
    const real = await images.docker();
    const { folder } = scripted;
    const file = join(folder, "app.R");
    await writeFile(file, "one\n");
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY app.R /\n");
    // The real client, which is just slow enough for an editor to come first.
    const command = join(await images.folder({}), "docker");
    await writeFile(
      command,
      `#!/bin/sh\ncase "$1" in build|buildx) echo two >> '${file}' ;; esac\nexec '${real.client.command}' "$@"\n`,
    );
    await chmod(command, 0o755);
    const withDocker = (docker: Docker) => ({ ...scripted.context, docker: async () => docker });
    const args = { name: "changing", build: { context: folder }, access: { web: true }, verify: "none" };
    const slow = withDocker(new Docker({ ...real.client, command }));
    const { inputs } = await checkedImage(slow, args, undefined);
    const reference = localReference(inputs);
    try {
      await assert.rejects(handler.create(slow, inputs), /changed while it was built \(app\.R changed\)/);
      const built = await real.readFiles(reference, ["/app.R"]);
      assert.equal(built.get("/app.R")?.content.toString(), "one\ntwo\n", "Docker built what it found");
      assert.deepEqual(scripted.ica.written, [], "and the build reached ICA in no call");
    } finally {
      await real.removeImage(reference);
    }

    const next = (await checkedImage(withDocker(real), args, undefined)).inputs;
    assert.notEqual(next.contextHash, inputs.contextHash);
    try {
      const ready = await readyImage(withDocker(real), next);
      const built = await real.readFiles(ready.reference, ["/app.R"]);
      assert.equal(built.get("/app.R")?.content.toString(), await readFile(file, "utf8"));
      ready.drop();
    } finally {
      await real.removeImage(localReference(next));
    }
  });
});
