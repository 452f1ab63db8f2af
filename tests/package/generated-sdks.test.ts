import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { command } from "../support/programs/command";

const root = path.resolve(__dirname, "../..");

/** A module of scripts/lib/sdks. */
const load = (name: string): Promise<Record<string, (...args: unknown[]) => unknown>> =>
  import(pathToFileURL(path.join(root, "scripts/lib/sdks", name)).href);

describe("the SDKs for Python and Go, generated again", function () {
  this.timeout(600_000);
  let folder: string;
  let program: string;

  before(async function () {
    const { sdkGenerator } = await load("generator.mjs");
    // What is on this machine is enough where set-up has built Pulumi. Else the checksums are compared, in tests/unit/plugin.
    const made = z
      .union([z.object({ program: z.string() }), z.object({ why: z.string() })])
      .parse(await sdkGenerator?.({ offline: true }));
    if ("why" in made) {
      console.log(`      skipped: ${made.why}\n      Pulumi's modules are on this machine after "npm run sdks".`);
      return this.skip();
    }
    ({ program } = made);
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-sdks-"));
  });

  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it("are the same, and Pulumi finds no fault with the schema", async () => {
    const { filesIn } = await load("files.mjs");
    await command(program, [path.join(root, "provider/plugin/schema.json"), folder]);
    const files = z.array(z.string()).parse(filesIn?.(folder));
    assert.ok(files.length > 30, files.join("\n"));
    for (const file of files)
      assert.equal(
        await readFile(path.join(root, "sdk", file), "utf8"),
        await readFile(path.join(folder, file), "utf8"),
        `sdk/${file} is not current: npm run sdks`,
      );
  });
});
