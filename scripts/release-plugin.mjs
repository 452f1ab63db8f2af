// npm run release:plugin             writes an archive of the plugin for each platform to release/
// npm run release:plugin -- FOLDER   writes them to FOLDER
import { resolve } from "node:path";
import { root } from "./lib/paths.mjs";
import { pluginArchives } from "./lib/plugin-archives.mjs";
import { main, say } from "./lib/progress.mjs";

await main(async () => {
  const folder = resolve(process.argv[2] ?? resolve(root, "release"));
  for (const { file, bytes } of await pluginArchives(folder)) say(`${file} (${(bytes / 1e6).toFixed(1)} MB)`);
});
