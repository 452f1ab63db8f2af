// npm run setup               sets up, and prints how to use pulumi in a shell
// npm run -s setup -- --env   prints only that: eval "$(npm run -s setup -- --env)"
import { exportLines } from "./lib/environment.mjs";
import { main, progressToStderr, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";

const forShell = process.argv.includes("--env");
if (forShell) progressToStderr();

await main(async () => {
  const lines = exportLines(await setUp({ yaml: true }));
  if (forShell) {
    process.stdout.write(`${lines.join("\n")}\n`);
    return;
  }
  say("\nTo use pulumi by hand in this shell:\n");
  for (const line of lines) say(`  ${line}`);
  say('\nor, in one: eval "$(npm run -s setup -- --env)"');
});
