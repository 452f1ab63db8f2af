import { say } from "../progress.mjs";
import { labelled, leftovers, marked } from "./leftovers.mjs";
import { runTests } from "./mocha-run.mjs";

/**
 * Runs the tests and further checks, and prints the outcome. Anything left behind is a failure.
 *
 * @param {{ docker: string, env: NodeJS.ProcessEnv }} found the result of set-up
 * @param {string[]} args mocha's options, and paths below tests/ to run only these
 * @param {(env: NodeJS.ProcessEnv) => Promise<string[]>} [before] runs first; returns the problems that it found
 * @returns {Promise<number>} exit code
 */
export async function verdict({ docker, env: plain }, args, before = async () => []) {
  const { mark, env } = marked(plain);
  const there = await labelled(docker, mark);
  const found = await before(env);
  const { passes, failures, skipped, faults } = await runTests(args, env);
  if (passes + failures === 0 && faults.length === 0) faults.push("no test ran");
  faults.push(...found);
  faults.push(...(await leftovers(docker, there, mark)).map((what) => `left behind: ${what}`));

  for (const { title, reason } of skipped) say(`skipped: ${title} (${reason})`);
  for (const fault of faults) say(`failed: ${fault}`);
  const failed = failures + faults.length;
  say(`\n${passes} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
