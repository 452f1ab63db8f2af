import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runningOn } from "../../../emulator/state/lock";
import { start } from "../../cli/process";
import { until } from "../support";

describe("an emulator in the foreground", function () {
  this.timeout(60_000);

  it("stops in order when its terminal is closed, though its output has no reader", async () => {
    const home = await mkdtemp(path.join(tmpdir(), "pulumi-ica-foreground-"));
    try {
      const dir = path.join(home, "emulator");
      const { child, ended, lines } = start(["emulator", "start", "--foreground", "--port", "0", "--dir", dir]);
      await until("it tells where it answers", async () =>
        lines.find((line) => line.startsWith("export ICA_BASE_URL=")),
      );
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.kill("SIGHUP");
      assert.equal((await ended).code, 0);
      assert.equal(await runningOn(dir), undefined);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
