import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { assumptions } from "../../../cli/doctor/assumptions";

const page = readFileSync(path.resolve(__dirname, "../../../docs/assumptions.md"), "utf8");

describe("the assumptions that doctor prints", () => {
  it("are those of docs/assumptions.md, in its order", () => {
    const rows = [...page.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id]) => id);
    assert.ok(rows.length > 10, "the page has tables of assumptions");
    assert.deepEqual(
      assumptions.map(({ id }) => id),
      rows,
      "cli/doctor/assumptions.ts and docs/assumptions.md are to have the same rows",
    );
  });

  it("belong to the resource of their section on the page", () => {
    for (const { id, of } of assumptions) assert.equal(of, id.startsWith("W") ? "Workspace" : "BenchImage", id);
  });
});
