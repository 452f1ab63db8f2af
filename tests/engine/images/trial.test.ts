import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type Dockerode from "dockerode";
import { connectDocker } from "../../../runtime/docker/connect";
import * as ica from "../../../sdk/index";
import { isWrite } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";
import { trialsOf } from "../trials";

/** Not the name that other tests give their images, and remove with. */
const name = "tried-page";

describe('pulumi up with verify: "run"', function () {
  this.timeout(240_000);
  let bench: TestBench;
  let docker: Dockerode;

  before(async () => {
    bench = await startTestBench();
    docker = await connectDocker();
  });

  after(async () => {
    await bench?.close();
    for (const { RepoTags } of await docker.listImages({ filters: { reference: [`pulumi-ica/${name}`] } }))
      for (const tag of RepoTags ?? []) await docker.getImage(tag).remove();
  });

  it("refuses an image that does not stay alive before any call that writes, with its last output", async () => {
    const context = await bench.imageContext("dying");
    await writeFile(
      path.join(context, "ica_start.sh"),
      "#!/bin/bash\n# web on 8888, sshd on 2222 with /etc/workspace-auth\necho 'no licence server'\nexit 3\n",
    );
    const stack = await bench.stack("dying", async () => {
      new ica.BenchImage(name, { build: { context }, access: { web: true, console: true }, verify: "run" });
    });
    bench.calls.take();
    await bench.docker.take();
    await assert.rejects(stack.up({ color: "never" }), ({ message }: Error) => {
      assert.match(message, /trying the image out under Bench's rules/);
      assert.match(message, /would not run in Bench, so it was not uploaded/);
      assert.match(message, /ICA022 .*ended by itself after .* exit code 3\. Keep it in the foreground/);
      assert.match(message, /Its last lines:\s+\| no licence server/);
      return true;
    });
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => line.startsWith("image save")),
      [],
    );
    assert.deepEqual(await trialsOf(bench, docker), []);
  });

  it("publishes one that answers, after it was tried out; another verify changes nothing", async () => {
    const context = await bench.imageContext("good");
    let verify: "run" | "none" = "run";
    const stack = await bench.stack("good", async () => {
      const image = new ica.BenchImage(name, { build: { context }, access: { web: true, console: true }, verify });
      return { id: image.imageId };
    });
    await bench.docker.take();
    const { stdout, outputs } = await stack.up({ color: "never" });
    for (const line of [/port 8888: it answers/, /port 2222: it answers \(as ica\)/, /ended .* after TERM/])
      assert.match(stdout, line);
    assert.deepEqual(await trialsOf(bench, docker), []);
    assert.match(stdout, /after TERM[\s\S]*uploading/, "first the trial, then the upload");
    await bench.docker.take();

    verify = "none";
    bench.calls.take();
    const { summary } = await stack.up({ color: "never" });
    assert.equal(summary.resourceChanges?.update, 1, "in place");
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => /^(?:buildx|build|image save|container)/.test(line)),
      [],
    );
    assert.equal((await stack.outputs()).id?.value, outputs.id?.value, "the same image");
  });
});
