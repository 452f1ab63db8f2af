import { strict as assert } from "node:assert";
import { until } from "../../support/until";
import type { CliProgram } from "../program/cli-program";

/** Milliseconds from Ctrl-C to the end of the command, and again to the end of its last process. */
const defaultPatienceMs = 2000;

/** Runs a command, presses Ctrl-C once it has come to `what`, and returns what it said. */
export async function pressCtrlC(
  program: CliProgram,
  args: readonly string[],
  what: string,
  reached: () => boolean | Promise<boolean>,
  patienceMs = defaultPatienceMs,
): Promise<string> {
  const run = program.start(...args);
  await until(`it came to ${what}`, reached, 60_000).catch((error: unknown) => {
    throw new Error(run.said, { cause: error });
  });
  const start = performance.now();
  run.interrupt();
  const code = await run.ended;
  const ms = Math.round(performance.now() - start);
  assert.notEqual(code, 0);
  assert.ok(ms < patienceMs, `${ms} ms from Ctrl-C to the end\n${run.said}`);
  assert.doesNotMatch(run.said, /operation was aborted/i);
  await until("all its processes have ended", () => program.processes().length === 0, patienceMs).catch(() => {
    throw new Error(`still there:\n${program.describe()}`);
  });
  return run.said;
}
