// npm run sdks: writes the plugin's schema, and from it the SDKs for Python and Go, sdk/python and sdk/go.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { require as requireTypeScript } from "tsx/cjs/api";
import { root } from "./lib/paths.mjs";
import { run } from "./lib/process.mjs";
import { begin, main, Remedy, step } from "./lib/progress.mjs";
import { checksums, checksumsFile, filesIn, generatedFolders, schemaFile } from "./lib/sdks/files.mjs";
import { sdkGenerator } from "./lib/sdks/generator.mjs";

await main(async () => {
  await step("schema", async () => {
    const { schemaJson } = requireTypeScript("./schema/schema.ts", import.meta.url);
    writeFileSync(join(root, schemaFile), schemaJson());
    return { said: schemaFile };
  });
  const generator = await step("generator", async () => {
    begin("generator", "building it from Pulumi's Go modules, if it is not there yet");
    const { program, why } = await sdkGenerator();
    if (!program)
      throw new Remedy(`The SDKs cannot be generated: ${why}`, "install Go 1.25 or newer, and run this again.");
    return { said: program, value: program };
  });
  await step("SDKs", async () => {
    const made = mkdtempSync(join(tmpdir(), "pulumi-ica-sdks-"));
    try {
      const { code, output } = await run(generator, [join(root, schemaFile), made]);
      if (code !== 0) throw new Remedy(`Pulumi refuses the schema: ${output.trim()}`, "correct scripts/schema/.");
      for (const folder of generatedFolders) rmSync(join(root, folder), { recursive: true, force: true });
      cpSync(made, join(root, "sdk"), { recursive: true });
      const files = filesIn(made).map((file) => `sdk/${file}`);
      writeFileSync(join(root, checksumsFile), checksums([schemaFile, ...files]));
      return { said: `${files.length} files in sdk/python and sdk/go` };
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  });
});
