import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PublishError } from "../../../provider/bench-image/publish-error";
import { readyImage } from "../../../provider/bench-image/source/ready-image";
import { Docker } from "../../../provider/docker/cli";
import { contextFor, type TestContext } from "../../support/context";
import { checkedImage } from "../../support/known";
import { ImageServer } from "../../support/servers/image-server";
import { ScriptedServer } from "../../support/servers/scripted-server";

describe("a local image whose name is given to another one", () => {
  let server: ScriptedServer;
  let context: TestContext;
  let folder: string;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    new ImageServer(server);
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
    const command = path.join(folder, "docker");
    await writeFile(command, `#!/bin/sh\ncat '${folder}/info.json'\n`, { mode: 0o755 });
    context = { ...contextFor(server.baseUrl), docker: async () => new Docker({ command, builds: "buildx" }) };
    await names("one");
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** From now on the name is that of an image with this layer. */
  const names = (layer: string) => {
    const info = { Id: `sha256:${layer}`, Os: "linux", Architecture: "amd64", Size: 1, RootFS: { Layers: [layer] } };
    return writeFile(path.join(folder, "info.json"), JSON.stringify([info]));
  };
  const declared = { name: "rstudio", image: "mybench:1", access: { web: true }, verify: "none" };
  const refused = (promise: Promise<unknown>) =>
    assert.rejects(
      promise,
      (error: unknown) =>
        error instanceof PublishError && /mybench:1 is another image .* Run pulumi up again/.test(error.message),
    );

  it("is not published under the hash of the other one", async () => {
    const { inputs } = await checkedImage(context, declared, undefined);
    await readyImage(context, inputs);
    await names("two");
    await refused(readyImage(context, inputs));
  });

  it("is refused while it is on its way, too", async () => {
    const { inputs } = await checkedImage(context, declared, undefined);
    const ready = await readyImage(context, inputs);
    await ready.assertSame?.();
    await names("two");
    assert.ok(ready.assertSame);
    await refused(ready.assertSame());
  });

  it("is published under a pinned hash even when its content differs", async () => {
    const { inputs } = await checkedImage(context, declared, undefined);
    const pinned = { ...inputs, contextHash: "ab".repeat(32) };
    const again = await checkedImage(context, { ...declared, contextHash: pinned.contextHash }, pinned);
    assert.equal(again.inputs.contextHash, pinned.contextHash);
    await readyImage(context, again.inputs);
  });
});
