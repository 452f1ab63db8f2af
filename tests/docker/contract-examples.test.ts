import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tryImage } from "../../provider/bench-image/source/trial";
import { checkDockerfile } from "../../provider/contract/dockerfile/dockerfile";
import { inspectImage } from "../../provider/contract/image/inspect";
import type { Access } from "../../provider/contract/rules";
import { TestImages } from "./images";

/** What each offers: web only, console only, both, and an application with nginx in front. */
const examples: Readonly<Record<string, Access>> = {
  web: { web: true, console: false },
  console: { web: false, console: true },
  quickstart: { web: true, console: true },
  rstudio: { web: true, console: false },
  "pull-request": { web: false, console: true },
};

describe("the contract, in the examples", function () {
  this.timeout(240_000);
  const images = new TestImages();
  after(() => images.removeAll());

  for (const [name, access] of Object.entries(examples)) {
    it(`is kept by ${name}: in its Dockerfile, in its image, and when it runs`, async () => {
      const context = join(__dirname, "../../examples", name, "image");
      const text = await readFile(join(context, "Dockerfile"), "utf8");
      assert.deepEqual(await checkDockerfile(text, { access, build: { context } }), []);

      const docker = await images.docker();
      const tag = images.tag();
      await docker.build({ context, tag, platform: "linux/amd64", labels: { "pulumi-ica": "test" } });
      const { findings, layers } = await inspectImage(docker, tag, { access });
      assert.deepEqual(findings, []);
      assert.ok(
        layers.some(({ madeBy, bytes }) => madeBy.startsWith("RUN apt-get update") && bytes > 1e6),
        JSON.stringify(layers),
      );

      const quiet = { info: () => undefined, warn: () => undefined, status: () => undefined };
      assert.deepEqual(await tryImage({ log: quiet, signal: new AbortController().signal }, docker, tag, access), []);
    });
  }
});
