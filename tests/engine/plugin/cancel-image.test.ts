import { strict as assert } from "node:assert";
import type Dockerode from "dockerode";
import { z } from "zod";
import { connectDocker } from "../../../runtime/docker/connect";
import { openUploads } from "../../support/servers/open-uploads";
import { startTestBench, type TestBench } from "../bench";
import { CliProgram } from "../program/cli-program";
import { publication } from "../publishing";
import { trialsOf } from "../trials";
import { pressCtrlC } from "./ctrl-c";
import { pluginFolder } from "./with-plugin";

/** Not the name that other tests give their images, and remove with. */
const name = "cancelled-page";

const images = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });

describe("one Ctrl-C while an image is published, with the plugin", function () {
  this.timeout(180_000);
  let bench: TestBench;
  let docker: Dockerode;
  let program: CliProgram;

  before(async function () {
    if (process.platform !== "linux") this.skip();
    bench = await startTestBench({ containers: false, imageDelayMs: 15_000 });
    docker = await connectDocker();
    program = await CliProgram.create(
      bench,
      `new ica.BenchImage("${name}", {
        ...{ build: { context: process.env.CONTEXT }, access: { web: true, console: true } },
        verify: process.env.VERIFY,
      }, { provider: new ica.Provider("ica") });`,
      pluginFolder,
    );
    program.env.CONTEXT = await bench.imageContext("image");
  });

  after(async () => {
    await program?.remove();
    await bench?.close();
    for (const { RepoTags } of (await docker?.listImages({ filters: { reference: [`pulumi-ica/${name}`] } })) ?? [])
      for (const tag of RepoTags ?? []) await docker.getImage(tag).remove();
  });

  const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"];

  async function state(): Promise<{ readonly ids: readonly (string | undefined)[]; readonly pending: number }> {
    const { all } = await program.pulumi("stack", "export");
    const resource = z.object({ type: z.string(), id: z.string().optional() });
    const { deployment } = z
      .object({
        deployment: z.object({
          resources: z.array(resource).optional(),
          pending_operations: z.array(z.unknown()).optional(),
        }),
      })
      .parse(JSON.parse(all));
    return {
      ids: (deployment.resources ?? []).filter(({ type }) => type === "ica:index:BenchImage").map(({ id }) => id),
      pending: deployment.pending_operations?.length ?? 0,
    };
  }

  const registered = async () =>
    images.parse((await bench.byHand("GET", "/api/dockerImages")).body).items.filter((image) => image.name === name);

  for (const { what, reached, trial } of publication)
    it(`${what}: over at once, and nothing is left`, async () => {
      bench.calls.take();
      await bench.docker.take();
      program.env.VERIFY = trial ? "run" : "none";
      // Docker has two containers of a trial to remove, with their networks and volumes.
      const patienceMs = trial ? 4500 : undefined;
      const said = await pressCtrlC(program, up, what, () => reached(bench, docker), patienceMs);
      // Between the check of a resource and its step, only the engine says so.
      assert.match(said, /Pulumi cancelled this run|update canceled/);
      assert.deepEqual(await openUploads(bench.dir), [], "no part of an upload is left");
      assert.deepEqual(await trialsOf(bench, docker), [], "no container of a trial is left");
      const { ids, pending } = await state();
      assert.equal(pending, 0);
      const there = (await registered()).map((image) => image.id);
      assert.deepEqual(ids, there, "what ICA has registered is in the state");
      if (what === "the wait for it") assert.equal(there.length, 1);
    });

  it("the next up goes on: one image", async () => {
    const { code, all } = await program.pulumi(...up);
    assert.equal(code, 0, all);
    const [image, ...others] = await registered();
    assert.ok(image !== undefined && others.length === 0, JSON.stringify(await registered()));
    assert.deepEqual((await state()).ids, [image.id]);
  });
});
