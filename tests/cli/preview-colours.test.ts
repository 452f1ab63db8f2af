import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "../support/programs/command";
import { icaBench, program, repository } from "./process";

const urn = "urn:pulumi:dev::stack::random:index/randomPet:RandomPet::pet";
const digest = JSON.stringify({
  steps: [{ op: "create", urn, newState: { urn, type: "random:index/randomPet:RandomPet" } }],
});
const colour = "\u001b[";

describe("the colours of ica-bench preview", function () {
  this.timeout(60_000);
  let dir: string;
  let file: string;

  before(async function () {
    // `script` gives a program a real terminal. Other systems have another one.
    if (process.platform !== "linux") this.skip();
    dir = await mkdtemp(path.join(tmpdir(), "preview-colours-"));
    file = path.join(dir, "digest.json");
    await writeFile(file, digest);
  });

  after(() => rm(dir, { recursive: true, force: true }));

  async function onTerminal(env: Record<string, string>): Promise<string> {
    // Node shows no colours in CI, and what this machine prefers does not count here.
    const words = [
      "env",
      "-u",
      "CI",
      "-u",
      "NO_COLOR",
      "-u",
      "FORCE_COLOR",
      ...Object.entries(env).map((pair) => pair.join("=")),
    ];
    words.push(process.execPath, program, "preview", "--from", file);
    const { all } = await command("script", ["--quiet", "--command", words.join(" "), "/dev/null"], {
      cwd: repository,
      env: { TERM: "xterm-256color" },
      mayFail: true,
    });
    return all;
  }

  it("are there on a terminal", async () => {
    const said = await onTerminal({});
    assert.match(said, /pet/);
    assert.ok(said.includes(colour), said);
  });

  it("are not there with NO_COLOR", async () => {
    const said = await onTerminal({ NO_COLOR: "1" });
    assert.match(said, /pet/);
    assert.ok(!said.includes(colour), said);
  });

  it("are not there in a pipe", async () => {
    const { stdout } = await icaBench(["preview", "--from", file], { env: { TERM: "xterm-256color" } });
    assert.match(stdout, /pet/);
    assert.ok(!stdout.includes(colour), stdout);
  });
});
