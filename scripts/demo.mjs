// npm run demo             shows the whole product on the emulator, then removes everything
// npm run demo -- --keep   leaves it running, and says how to look at it
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { attached } from "./lib/process.mjs";
import { main, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";
import { labelled, leftovers, marked } from "./lib/tests/leftovers.mjs";

await main(async () => {
  const { docker, env: plain } = await setUp({ yaml: true });
  const keep = process.argv.includes("--keep");
  const { mark, env } = marked(plain);
  const before = await labelled(docker, mark);
  const story = join(root, "scripts", "demo", "story.ts");
  const code = await attached(process.execPath, ["--import", "tsx", story, ...process.argv.slice(2)], {
    cwd: root,
    env,
  });
  if (keep) return code;
  const left = await leftovers(docker, before, mark);
  for (const what of left) say(`failed: left behind: ${what}`);
  if (left.length === 0) say("Nothing is left behind: no container, network, volume or process.");
  return code === 0 && left.length === 0 ? 0 : 1;
});
