// npm run test:go                  runs a program of the generated Go SDK; skipped without Go
// npm run test:go -- --grep "a b"  passes options to mocha
import { findGo } from "./lib/process.mjs";
import { main, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";
import { verdict } from "./lib/tests/verdict.mjs";

await main(async () => {
  const go = findGo();
  if (go === undefined) {
    say("skipped: Go is not installed");
    return 0;
  }
  const { docker, env } = await setUp();
  return verdict({ docker, env: { ...env, ICA_TEST_GO: go } }, [...process.argv.slice(2), "tests/go"]);
});
