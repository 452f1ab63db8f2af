import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import type { BenchImageInputs } from "../../../provider/bench-image/inputs";
import { stateOf } from "../../../provider/bench-image/state";
import { Docker } from "../../../provider/docker/cli";
import { DockerNotFoundError } from "../../../provider/docker/errors";
import { contextFor, type TestContext } from "../../support/context";
import { checkedImage } from "../../support/known";
import { ImageServer } from "../../support/servers/image-server";
import { ScriptedServer } from "../../support/servers/scripted-server";

describe("the preview of a local image", () => {
  let server: ScriptedServer;
  let ica: ImageServer;
  let context: TestContext;
  let folder: string;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    ica = new ImageServer(server);
    context = contextFor(server.baseUrl);
    folder = await mkdtemp(path.join(tmpdir(), "local-image-"));
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const says = async (script: string) => {
    const command = path.join(folder, "docker");
    await writeFile(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return new Docker({ command, builds: "buildx" });
  };
  const has = (layer: string) => () => {
    const info = { Id: "sha256:1", Os: "linux", Architecture: "amd64", Size: 1, RootFS: { Layers: [layer] } };
    return says(`echo '${JSON.stringify([info])}'`);
  };
  const machines: readonly [string, () => Promise<Docker>, RegExp][] = [
    ["lacks the image", () => says("echo 'Error: No such image: mybench:1' >&2; exit 1"), /has no image mybench:1/],
    ["has no Docker", () => Promise.reject(new DockerNotFoundError("there is no docker")), /there is no docker/],
    ["has a Docker that does not answer", () => says("echo 'Cannot connect' >&2; exit 1"), /Cannot connect/],
  ];

  const check = (docker: TestContext["docker"], old?: BenchImageInputs, more: Record<string, unknown> = {}) =>
    checkedImage({ ...context, docker }, { name: "rstudio", image: "mybench:1", access: { web: true }, ...more }, old);

  for (const [what, docker, words] of machines)
    describe(`on a machine that ${what}`, () => {
      it("uses the published image for an unchanged declaration, and says so", async () => {
        for (const more of [{}, { version: "1.2" }]) {
          ica.images.clear();
          const { inputs } = await check(has("sha256:2"), undefined, more);
          const state = stateOf(ica.has({ version: inputs.version }), inputs, {});
          const again = await check(docker, inputs, more);
          assert.deepEqual(again, { inputs, failures: [] });
          assert.deepEqual(await handler.diff(context, "image-1", state, again.inputs), { kind: "unchanged" });
          assert.match(context.log.warnings.join(), /could not look at image mybench:1, and takes it to be what was/);
          assert.match(context.log.warnings.join(), words);
        }
      });

      it("refuses one that is new, or that another reference names, at its property", async () => {
        const { inputs } = await check(has("sha256:2"));
        for (const old of [undefined, { ...inputs, image: "mybench:0" }]) {
          const { failures } = await check(docker, old);
          assert.deepEqual(
            failures.map(({ property }) => property),
            ["image"],
          );
          assert.match(failures[0]?.reason ?? "", words);
        }
        assert.deepEqual(context.log.warnings, []);
      });

      it("still fails to publish it, if that is needed after all", async () => {
        const { inputs } = await check(has("sha256:2"));
        const again = (await check(docker, inputs)).inputs;
        await assert.rejects(handler.create({ ...context, docker }, again), words);
        assert.deepEqual(ica.written, []);
      });
    });

  it("finds another image under the reference", async () => {
    const { inputs } = await check(has("sha256:2"));
    const next = (await check(has("sha256:3"), inputs)).inputs;
    assert.notEqual(next.contextHash, inputs.contextHash);
    assert.deepEqual(context.log.warnings, []);
  });
});
