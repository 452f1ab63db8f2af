import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { plainSettings, WorkspaceBench } from "../workspaces/workspaces";
import { YamlProgram, yamlOrSkip } from "./yaml-program";

const printed = z.object({ resources: z.record(z.string(), z.looseObject({ type: z.string() })) });

describe("the code that pulumi import prints", function () {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;

  before(async function () {
    yamlOrSkip(this);
    workspaces = await WorkspaceBench.start();
  });

  after(async () => {
    await workspaces?.close();
  });

  it("previews clean as it is, of a workspace and of an image", async () => {
    const { dir, env } = workspaces.bench;
    const { id } = await workspaces.make({
      ...plainSettings(workspaces.images.first),
      ...{ name: "by-hand", users: "MULTI", storageSizeInGb: 30 },
      network: { mode: "RESTRICTED", allowedUrls: ["https://example.org"] },
    });
    const program = await YamlProgram.create(path.join(dir, "imported"), env, { resources: {} });
    const found: Record<string, object> = {};
    for (const [type, name, what] of [
      ["ica:index:Workspace", "workspace", id],
      ["ica:index:BenchImage", "image", workspaces.images.first],
    ] as const) {
      const file = path.join(dir, `${name}.yaml`);
      await program.pulumi("import", type, name, what, "--yes", "--skip-preview", "--protect=false", "--out", file);
      Object.assign(found, printed.parse(parse(await readFile(file, "utf8"))).resources);
    }
    assert.deepEqual(Object.keys(found), ["workspace", "image"]);
    await program.change({ resources: found });
    assert.match(await program.pulumi("preview", "--expect-no-changes"), /3 unchanged/);
    workspaces.takeWrites();
    await program.pulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(workspaces.takeWrites(), []);
  });
});
