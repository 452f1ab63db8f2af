import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "../support/programs/command";
import { pack } from "./team";

const repository = path.resolve(__dirname, "../..");

describe("the tarball that is published", function () {
  this.timeout(120_000);
  let dir: string;
  let tarball: string;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-tarball-"));
    tarball = await pack(dir);
  });

  after(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  /** Runs a program of node_modules on the tarball. */
  const judged = (program: string, ...args: string[]) =>
    command(path.join(repository, "node_modules", ".bin", program), [...args, tarball], { mayFail: true });

  it("has types in every way that TypeScript resolves modules (attw)", async () => {
    const { code, all } = await judged("attw", "--format", "ascii", "--no-emoji", "--no-color");
    assert.equal(code, 0, all);
  });

  it("has nothing that publint would change", async () => {
    const { code, all } = await judged("publint", "run", "--strict");
    assert.equal(code, 0, all);
    assert.match(all, /All good!/);
  });

  it("says where it comes from, and where to report a fault", async () => {
    const manifest: Record<string, unknown> = JSON.parse(await readFile(path.join(repository, "package.json"), "utf8"));
    for (const field of ["author", "homepage", "repository", "bugs"]) assert.ok(field in manifest, field);
  });
});
