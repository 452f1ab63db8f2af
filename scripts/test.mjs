// npm test                      runs everything except npm run test:browser, test:remote and test:go
// npm test -- tests/unit        runs these files or folders only
// npm test -- --grep "a word"   passes options to mocha
import { root } from "./lib/paths.mjs";
import { attached } from "./lib/process.mjs";
import { main, say } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";
import { chosen } from "./lib/tests/mocha-run.mjs";
import { verdict } from "./lib/tests/verdict.mjs";
import { lintWorkflows } from "./lib/workflows/lint.mjs";

await main(async () => {
  const args = process.argv.slice(2);
  const yaml = chosen(args).some((file) => /\byaml\b/.test(file));
  return verdict(await setUp({ yaml }), args, async (env) => {
    say("\nFormat, lint and types (npm run check)\n");
    const check = await attached("npm", ["run", "--silent", "check"], { cwd: root, env });
    const problems = check === 0 ? [] : ["`npm run check` failed; its findings stand above the tests"];
    return [...problems, ...(await lintWorkflows(root))];
  });
});
