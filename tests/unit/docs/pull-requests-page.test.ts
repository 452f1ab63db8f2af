import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { repository } from "../../workflows/runner/job";
import { readAction } from "../../workflows/runner/schema";

describe("docs/pull-requests.md", () => {
  it("lists each input of the two actions, with its default", async () => {
    const page = await readFile(path.join(repository, "docs/pull-requests.md"), "utf8");
    const section = page.slice(page.indexOf("### Inputs of the actions"), page.indexOf("### Drift"));
    const rows = [...section.matchAll(/^\| `([\w-]+)` \| (.*?) \|/gm)].map(([, name, value]) => [name, value]);
    const declared = [];
    for (const file of ["action.yml", "comment/action.yml"])
      for (const [name, input] of Object.entries((await readAction(path.join(repository, file))).inputs))
        declared.push([name, input.required ? "required" : input.default]);
    assert.deepEqual(
      rows.map(([name]) => name),
      declared.map(([name]) => name),
    );
    for (const [index, [name, value]] of declared.entries())
      if (value === "required" || value === "true" || value === "false" || value === ".")
        assert.equal(rows[index]?.[1]?.replaceAll("`", ""), value, name);
  });
});
