import { strict as assert } from "node:assert";
import { run } from "../../../provider/bytes/process";
import { command } from "../../support/programs/command";
import { until } from "../../support/until";

describe("a program that is ended", function () {
  this.timeout(20_000);

  before(function () {
    if (process.platform === "win32") this.skip();
  });

  const isThere = async (seconds: number) =>
    (await command("ps", ["-A", "-o", "args="])).stdout.includes(`sleep ${seconds}`);

  for (const [what, script, seconds] of [
    ["asks what it had started to end, too", "sleep 98761 & wait", 98761],
    ["kills what does not end when asked", "trap '' TERM; sleep 98762 & wait; wait", 98762],
    ["kills a child that goes on without its parent", "(trap '' TERM; sleep 98763; sleep 98763) & wait", 98763],
  ] as const) {
    it(`${what}, within two seconds`, async () => {
      const stop = new AbortController();
      const ended = run({ command: "sh", args: ["-c", script], signal: stop.signal });
      await until("it has started", () => isThere(seconds), 10_000);
      const start = performance.now();
      stop.abort(new Error("Pulumi cancelled this run"));
      await assert.rejects(ended, /^Error: Pulumi cancelled this run$/);
      assert.ok(performance.now() - start < 2000, `${performance.now() - start} ms`);
      assert.equal(await isThere(seconds), false);
    });
  }
});
