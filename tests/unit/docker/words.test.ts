import assert from "node:assert/strict";
import { DockerError } from "../../../provider/docker/errors";
import { instructionOf } from "../../../provider/docker/image-layers";
import { BuildProgress } from "../../../provider/docker/progress";

describe("texts from Docker, a build and an image", () => {
  it("are read in time, for any length and any repetition", () => {
    const start = performance.now();
    for (const part of [" ", ". ", "permission denied ", "permission denied docker", "/a -c ", " -c", "1/", "#1 "]) {
      const words = `${part.repeat(60_000)}x`;
      instructionOf(words);
      instructionOf(`RUN |1 ${words}`);
      new DockerError("docker load", words);
      const progress = new BuildProgress(() => undefined);
      for (const line of [words, `#1 [${words}`, `#1 ${words}`, `#1 0.1 ${words}`]) progress.add(line);
      progress.failure(words);
    }
    assert.ok(performance.now() - start < 5000, `took ${performance.now() - start} ms`);
  });

  it("still show who may not use Docker, and what created a layer", () => {
    const words = "Permission denied while trying to connect\nto unix:///var/run/docker.sock";
    assert.match(new DockerError("docker load", words).message, /Let this user talk to Docker/);
    assert.doesNotMatch(new DockerError("docker load", "docker.sock: permission denied").message, /Let this user/);
    assert.equal(instructionOf("RUN /bin/sh -c make  # buildkit"), "RUN make");
  });
});
