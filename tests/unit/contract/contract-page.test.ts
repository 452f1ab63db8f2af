import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contractPage } from "./contract-page";

describe("docs/image-contract.md", () => {
  it("says what the table of rules says (UPDATE_DOCS=1 updates it)", async () => {
    const path = join(__dirname, "../../../docs/image-contract.md");
    if (process.env.UPDATE_DOCS === "1") await writeFile(path, contractPage());
    assert.equal(await readFile(path, "utf8"), contractPage());
  });
});
