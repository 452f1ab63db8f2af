import { strict as assert } from "node:assert";
import { rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as ica from "../../../sdk/index";
import { WorkspaceBench } from "../workspaces/workspaces";

describe("what is wrong with a program, on the engine", function () {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;

  before(async () => {
    workspaces = await WorkspaceBench.start();
  });
  after(() => workspaces?.close());

  const good = () => ({
    image: workspaces.images.first,
    resourceModel: "standard-small",
    storageGb: 10,
    access: { web: true },
    network: "public" as const,
  });

  /** What a failing preview prints. */
  async function preview(name: string, program: () => Promise<void>): Promise<string> {
    const stack = await workspaces.stack(name, program);
    try {
      await stack.preview({ color: "never" });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return assert.fail("the preview finds nothing wrong");
  }

  it("is reported for all resources in one preview, though the engine ends at the first", async () => {
    const told = await preview("several", async () => {
      const wrong = { context: path.join(workspaces.bench.dir, "nowhere"), pull: "yes" as never };
      new ica.BenchImage("page", { build: wrong, access: { web: true }, folder: "images", verify: "all" as never });
      new ica.Workspace("genomics", { ...good(), storageGb: 5, network: "open" as never });
      new ica.Workspace("second", { ...good(), name: "a\nb", resourceModel: pulumi.output("m") });
    });
    for (const words of [
      /BenchImage page: build\.pull: must be true or false; it is a string/,
      /BenchImage page: build\.context: .*nowhere is not a folder/,
      /BenchImage page: folder: must start and end with a slash/,
      /BenchImage page: verify: must be "inspect", "run" or "none"; it is "all"/,
      /Workspace genomics: storageGb: must be at least 10; it is 5/,
      /Workspace genomics: network: must be "public" or "restricted"; it is "open"/,
      /Workspace second: name: must not hold the character U\+000A/,
    ])
      assert.match(told, words);
  });

  it("is reported at the property that the engine shows, with the given value", async () => {
    const told = await preview("one", async () => {
      new ica.Workspace("genomics", { ...good(), access: { web: "yes" as never }, ...{ region: "mars" } });
    });
    assert.match(
      told,
      /'genomics': property access value \{map\[web:\{yes\}\]\} has a problem: access\.web: must be true or false; it is "yes"/,
    );
    assert.match(told, /'genomics' has a problem: region: is not a property .* a setting of the stack .*ica:region/);
    assert.doesNotMatch(told, /<nil>|warning/);
  });

  it("shows nothing that the program calls a secret", async () => {
    const told = await preview("secret", async () => {
      new ica.Workspace("genomics", {
        ...good(),
        name: pulumi.secret(" hunter2"),
        ...{ token: pulumi.secret("hunter2"), cluster: pulumi.secret({ members: 1, token: "hunter2" }) },
      });
    });
    assert.match(told, /name: must not start or end with a space/);
    assert.match(told, /token: is not a property/);
    assert.doesNotMatch(told, /hunter2/);
  });

  it("is reported when a Dockerfile leads out of its folder", async () => {
    const context = await workspaces.bench.imageContext("linked");
    const file = path.join(context, "Dockerfile");
    await rm(file);
    await writeFile(path.join(workspaces.bench.dir, "Dockerfile.common"), "FROM scratch\n");
    await symlink("../Dockerfile.common", file);
    const told = await preview("linked", async () => {
      new ica.BenchImage("page", { build: { context }, access: { web: true } });
    });
    assert.match(
      told,
      /'page' has a problem: build\.context: cannot read the Dockerfile: .* leads out of .*Put the file itself there/,
    );
  });
});
