import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const repository = path.resolve(__dirname, "../../..");

describe("the stand-in for the language host", () => {
  it("starts for a program whose package manager links packages and hoists none, as pnpm does", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-host-"));
    try {
      await mkdir(path.join(dir, "node_modules", "@pulumi"), { recursive: true });
      await symlink(
        path.join(repository, "node_modules", "@pulumi", "pulumi"),
        path.join(dir, "node_modules", "@pulumi", "pulumi"),
      );
      await writeFile(path.join(dir, "package.json"), JSON.stringify({ name: "linked", private: true }));
      assert.match(await firstWord(dir), /^\d+\n$/);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

/** What it says first: its port, or why it has none. */
function firstWord(cwd: string): Promise<string> {
  const host = path.join(repository, "scripts", "pulumi-language-nodejs.mjs");
  const child = spawn(process.execPath, [host, "127.0.0.1:9"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.stdout.once("data", (chunk: Buffer) => {
      resolve(chunk.toString());
      child.kill();
    });
    child.once("error", reject);
    child.once("close", () => resolve(complaint));
  });
}
