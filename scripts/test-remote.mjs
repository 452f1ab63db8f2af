// npm run test:remote                  the tests of builders that are not the local Docker, with a BuildKit of their own
// npm run test:remote -- --grep "a b"  mocha's own options
import { buildKit, whyNoBuildKit } from "./lib/buildkit.mjs";
import { labelled, leftovers, marked } from "./lib/leftovers.mjs";
import { runTests } from "./lib/mocha-run.mjs";
import { main, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";

function skipped(reason) {
  say(`skipped: ${reason}`);
  return 0;
}

await main(async () => {
  const reason = whyNoBuildKit();
  if (reason) return skipped(reason);
  const { docker, env: plain } = await setUp();
  const tools = await buildKit();
  if (tools.refusal) return skipped(tools.refusal);

  const { mark, env } = marked({ ...plain, ICA_TEST_BUILDX: tools.buildx, ICA_TEST_BUILDKITD: tools.buildkitd });
  const before = await labelled(docker);
  const { passes, failures, faults } = await runTests([...process.argv.slice(2), "tests/remote"], env);
  if (passes + failures === 0 && faults.length === 0) faults.push("no test ran");
  faults.push(...(await leftovers(docker, before, mark)).map((what) => `left behind: ${what}`));
  for (const fault of faults) say(`failed: ${fault}`);
  const failed = failures + faults.length;
  say(`\n${passes} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
