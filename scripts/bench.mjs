// npm run bench             lists the benchmarks
// npm run bench -- <name>   runs benchmarks/<name>.ts and passes on further arguments
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { attached } from "./lib/process.mjs";
import { main, Remedy, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";

const folder = join(root, "benchmarks");

function available() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""));
}

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  const names = available();
  const list = names.length > 0 ? names.join(", ") : "none yet";
  if (name === undefined) {
    say(`Benchmarks: ${list}. Run one with \`npm run bench -- <name>\`.`);
    return 0;
  }
  if (!names.includes(name)) {
    throw new Remedy(`There is no benchmark named "${name}".`, `name one of those in benchmarks/: ${list}.`);
  }
  const { env } = await setUp({ yaml: name === "start" });
  return attached(process.execPath, ["--import", "tsx", join(folder, `${name}.ts`), ...args], { cwd: root, env });
});
