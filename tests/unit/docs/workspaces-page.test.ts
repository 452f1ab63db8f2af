import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withTable } from "./workspaces-page";

describe("docs/workspaces.md", () => {
  const path = join(__dirname, "../../../docs/workspaces.md");

  it("prints the table of changes as the code has it (UPDATE_DOCS=1 updates it)", async () => {
    const page = await readFile(path, "utf8");
    if (process.env.UPDATE_DOCS === "1") await writeFile(path, withTable(page));
    assert.equal(await readFile(path, "utf8"), withTable(page));
  });

  it("has a paragraph for each of Pulumi's options that tests/engine/workspaces/options.test.ts tries", async () => {
    const page = await readFile(path, "utf8");
    const tried = await readFile(join(__dirname, "../../engine/workspaces/options.test.ts"), "utf8");
    const options = new Set([...tried.matchAll(/\bit\("(\w+)[ :]/g)].map(([, option]) => option));
    assert.ok(options.size >= 6, [...options].join());
    for (const option of options) assert.ok(page.includes(`**\`${option}\``), option);
  });
});
