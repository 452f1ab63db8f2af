// npm run test:remote                  tests builders other than the local Docker, with a BuildKit of their own
// npm run test:remote -- --grep "a b"  passes options to mocha
import { buildKit, whyNoBuildKit } from "./lib/docker/buildkit.mjs";
import { main, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";
import { verdict } from "./lib/tests/verdict.mjs";

function skipped(reason) {
  say(`skipped: ${reason}`);
  return 0;
}

await main(async () => {
  const reason = whyNoBuildKit();
  if (reason) return skipped(reason);
  const { docker, env } = await setUp();
  const tools = await buildKit();
  if (tools.refusal) return skipped(tools.refusal);

  const found = { docker, env: { ...env, ICA_TEST_BUILDX: tools.buildx, ICA_TEST_BUILDKITD: tools.buildkitd } };
  return verdict(found, [...process.argv.slice(2), "tests/remote"]);
});
