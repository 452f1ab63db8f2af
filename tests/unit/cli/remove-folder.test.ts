import assert from "node:assert/strict";
import { chown, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "../../support/programs/command";

describe("removing the folder of an emulator", () => {
  it("says what is left, and to whom it belongs, when workspaces have written as another user", async function () {
    if (process.getuid?.() !== 0) {
      this.skip();
    }
    const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica it's "));
    const written = path.join(dir, "project", "results");
    await mkdir(path.join(written, "deep"), { recursive: true });
    await mkdir(path.join(dir, "store"));
    for (const mine of [dir, path.join(dir, "project"), path.join(dir, "store")]) {
      await chown(mine, 1001, 1001);
    }
    const script = path.resolve(__dirname, "../../fixtures/remove-folder-process.ts");
    const { stdout, code } = await command(process.execPath, ["--import", "tsx", script, dir], { mayFail: true });
    assert.equal(code, 1);
    assert.ok(stdout.includes(`sudo rm -rf '${dir.replace("'", "'\\''")}'`), stdout);
    assert.ok(stdout.includes("belongs to the user of workspaces (1000)"), stdout);
    await rm(written, { recursive: true });
    await command(process.execPath, ["--import", "tsx", script, dir]).catch(() => undefined);
    await assert.rejects(stat(path.join(dir, "project")), { code: "ENOENT" });
    await rm(dir, { recursive: true, force: true });
  });
});
