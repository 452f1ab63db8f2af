// npm test                      everything
// npm test -- tests/unit        these files or folders only
// npm test -- --grep "a word"   mocha's own options
import { labelled, leftovers, marked } from "./lib/leftovers.mjs";
import { runTests } from "./lib/mocha-run.mjs";
import { root } from "./lib/paths.mjs";
import { attached } from "./lib/process.mjs";
import { main, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";

await main(async () => {
  const { docker, env: plain } = await setUp();
  const { mark, env } = marked(plain);
  const before = await labelled(docker, mark);

  say("\nFormat, lint and types (npm run check)\n");
  const check = await attached("npm", ["run", "--silent", "check"], { cwd: root, env });

  const { passes, failures, skipped, faults } = await runTests(process.argv.slice(2), env);
  if (passes + failures === 0 && faults.length === 0) faults.push("no test ran");
  if (check !== 0) faults.push("`npm run check` failed; its findings stand above the tests");
  faults.push(...(await leftovers(docker, before, mark)).map((what) => `left behind: ${what}`));

  for (const { title, reason } of skipped) say(`skipped: ${title} (${reason})`);
  for (const fault of faults) say(`failed: ${fault}`);
  const failed = failures + faults.length;
  say(`\n${passes} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
