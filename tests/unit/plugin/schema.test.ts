import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { schemaText } from "../../../provider/plugin/schema";
import { schemaJson } from "../../../scripts/schema/schema";

const file = path.join(__dirname, "../../../provider/plugin/schema.json");

describe("the plugin's schema", () => {
  it("is what the code says (UPDATE_DOCS=1 updates it)", async () => {
    const current = schemaJson();
    if (process.env.UPDATE_DOCS === "1") await writeFile(file, current);
    assert.equal(schemaText(), current);
  });
});
