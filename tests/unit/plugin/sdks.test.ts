import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.join(__dirname, "../../..");

/** What this test uses of scripts/lib/sdks/files.mjs. */
interface Files {
  readonly schemaFile: string;
  readonly checksumsFile: string;
  readonly generatedFolders: readonly string[];
  filesIn(folder: string): string[];
  checksums(files: readonly string[]): string;
}

describe("the SDKs for Python and Go", () => {
  it("are those that were generated from this schema, and nothing was changed by hand (npm run sdks generates them)", async () => {
    const { schemaFile, checksumsFile, generatedFolders, filesIn, checksums } = (await import(
      pathToFileURL(path.join(root, "scripts/lib/sdks/files.mjs")).href
    )) as Files;
    const written = await readFile(path.join(root, checksumsFile), "utf8");
    const named = [...written.matchAll(/^[0-9a-f]{64} {2}(.+)$/gm)].map(([, file]) => file ?? "");
    const present = generatedFolders.flatMap((folder) =>
      filesIn(path.join(root, folder)).map((file) => `${folder}/${file}`),
    );
    const others = named.filter((file) => !generatedFolders.some((folder) => file.startsWith(`${folder}/`)));
    assert.ok(others.includes(schemaFile), written);
    assert.equal(checksums([...others, ...present]), written);
  });
});
