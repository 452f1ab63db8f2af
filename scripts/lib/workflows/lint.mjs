import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../process.mjs";
import { say } from "../progress.mjs";
import { actionlint } from "./actionlint.mjs";
import { zizmor } from "./zizmor.mjs";

/**
 * A linter that is there; or what this machine lacks to have it; or why it could not be installed.
 *
 * @typedef {{ program: string } | { missing: string } | { failed: string }} Provided
 */

/** The folders that hold workflows, actions or a configuration of Dependabot. */
const projects = [".", "examples/pull-request"];

function workflowsOf(folder) {
  const workflows = join(folder, ".github", "workflows");
  return existsSync(workflows) ? readdirSync(workflows).map((name) => join(workflows, name)) : [];
}

/** Each linter: how to get it, and what to run it with. zizmor looks for all kinds of files itself, and asks no server. */
const linters = [
  {
    name: "actionlint",
    provide: actionlint,
    // The same findings on every machine, whether it has shellcheck or not.
    args: (folders) => ["-no-color", "-shellcheck=", "-pyflakes=", ...folders.flatMap(workflowsOf)],
  },
  {
    name: "zizmor",
    provide: zizmor,
    args: (folders, root) => [
      "--offline",
      "--quiet",
      "--no-progress",
      "--color=never",
      `--config=${join(root, ".github", "zizmor.yml")}`,
      ...folders,
    ],
  },
];

/**
 * Runs actionlint and zizmor on everything that GitHub executes: this project's own files and those that users copy.
 *
 * @param {string} root the project's folder
 * @param {{ ci?: boolean, print?: (text: string) => void, provide?: Record<string, () => Promise<Provided>> }} [options]
 *   `ci`: a linter for which this machine lacks something is a problem, not only a line; `print` and `provide`: for tests
 * @returns {Promise<string[]>} the problems
 */
export async function lintWorkflows(root, { ci = Boolean(process.env.CI), print = say, provide = {} } = {}) {
  const problems = [];
  const folders = projects.map((each) => join(root, each));
  for (const linter of linters) {
    const found = await (provide[linter.name] ?? linter.provide)();
    if (!("program" in found)) {
      const line = `${linter.name} does not check the workflows: ${"failed" in found ? found.failed : found.missing}`;
      if (ci || "failed" in found) problems.push(line);
      else print(`skipped: ${line}`);
      continue;
    }
    const { code, output } = await run(found.program, linter.args(folders, root), { cwd: root });
    if (code === 0) continue;
    print(output.trimEnd());
    problems.push(`${linter.name} found problems in the workflows (code ${code}); they stand above the tests`);
  }
  return problems;
}
