import { strict as assert } from "node:assert";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { command } from "../../support/programs/command";

const example = path.resolve(__dirname, "../../../examples/docker-provider");

interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Runs the example's program against an engine and plugins that only note what is declared. */
async function declared(config: Record<string, string>, preview = false): Promise<Declared[]> {
  const seen: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        seen.push({ type, name, inputs });
        // In a preview nothing that is new has an id.
        return { id: preview ? "" : `id-of-${name}`, state: { ...inputs, imageId: `published-${name}` } };
      },
      call: () => ({}),
    },
    "bench-docker-provider",
    "dev",
    preview,
  );
  pulumi.runtime.setAllConfig(config);
  await pulumi.runtime.runInPulumiStack(async () => {
    // Each run is a program of its own.
    for (const file of Object.keys(require.cache).filter((one) => one.startsWith(example))) delete require.cache[file];
    return require(example);
  });
  await pulumi.runtime.disconnect();
  return seen;
}

const images = (all: readonly Declared[]) =>
  all
    .filter(({ type }) => type.endsWith("ica:BenchImage"))
    .map(({ name, inputs }) => [name, inputs.image])
    .sort();

describe("the example with the Docker provider", function () {
  this.timeout(60_000);

  after(() => pulumi.runtime.setAllConfig({}));

  it("builds for the platform of Bench, pushes nothing, and publishes what was built", async () => {
    const all = await declared({});
    const built = all.find(({ type }) => type === "docker:index/image:Image");
    assert.deepEqual(
      [built?.inputs.imageName, built?.inputs.skipPush, built?.inputs.build],
      ["bench-page:0.0.1", true, { context: "./image", platform: "linux/amd64" }],
    );
    assert.deepEqual(images(all), [["page", "bench-page:0.0.1"]]);
  });

  it("publishes an image by its reference too", async () => {
    assert.deepEqual(images(await declared({ "bench-docker-provider:reference": "mybench:0.0.1" })), [
      ["by-name", "mybench:0.0.1"],
      ["page", "bench-page:0.0.1"],
    ]);
  });

  it("does not let a preview look for what is not built yet", async () => {
    const [[name, image] = []] = images(await declared({}, true));
    assert.equal(name, "page");
    assert.notEqual(image, "bench-page:0.0.1");
  });

  it("type-checks", async () => {
    const tsc = path.resolve(__dirname, "../../../node_modules/.bin/tsc");
    const { stdout, code } = await command(tsc, ["-p", ".", "--pretty", "false"], { cwd: example, mayFail: true });
    assert.equal(code, 0, stdout);
  });
});
