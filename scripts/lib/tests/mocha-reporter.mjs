// Mocha's spec reporter, which also writes the figures of the run to a file: --reporter-option output=<file>

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const Mocha = createRequire(import.meta.url)("mocha");
const { EVENT_RUN_END, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** A test gives the reason for skipping itself with `this.skipReason = "…"` before `this.skip()`. */
function reasonOf(test) {
  return test.ctx?.skipReason ?? "no reason given";
}

class SpecAndFigures extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push({ title: test.fullTitle(), reason: reasonOf(test) }));
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures } = runner.stats;
      writeFileSync(options.reporterOptions.output, JSON.stringify({ passes, failures, skipped }));
    });
  }
}

// Mocha loads a reporter with `require` and expects the class itself.
export { SpecAndFigures as "module.exports" };
