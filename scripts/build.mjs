// npm run build: compiles both packages, the emulator's first, because the other is type-checked against it.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const emulator = join(root, "emulator", "dist");
const dist = join(root, "dist");

function compile(project) {
  const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, project)], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

// Removes output of earlier sources.
for (const folder of [emulator, dist]) rmSync(folder, { recursive: true, force: true });
compile("emulator/tsconfig.json");
cpSync(join(root, "openapi"), join(emulator, "openapi"), { recursive: true });
cpSync(join(root, "emulator/page/browser"), join(emulator, "emulator/page/browser"), { recursive: true });
compile("tsconfig.build.json");
cpSync(join(root, "provider/plugin/schema.json"), join(dist, "provider/plugin/schema.json"));
await bundle(root, dist);
