// npm run check:workflows: actionlint and zizmor on all workflows and actions

import { root } from "./lib/paths.mjs";
import { main, say } from "./lib/progress.mjs";
import { lintWorkflows } from "./lib/workflows/lint.mjs";

await main(async () => {
  const problems = await lintWorkflows(root);
  for (const problem of problems) say(`failed: ${problem}`);
  return problems.length === 0 ? 0 : 1;
});
