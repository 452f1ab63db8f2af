import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextEntries } from "../../provider/bench-image/context-files.js";
import { readIgnoreRules } from "../../provider/bench-image/dockerignore.js";
import { TestImages } from "./images.js";

/** Files that the rules below tell apart. */
const files = [
  ...[
    "a",
    "A",
    "b.log",
    "c++",
    "cc",
    "constructor",
    "toString",
    "x y",
    "#hash",
    "!bang",
    "[k]",
    "k",
    "paren(1).txt",
    "z$1",
    "q|r",
  ],
  ...[
    "dir/a",
    "dir/b.log",
    "dir/deep/a",
    "dir/deep/deeper/b.log",
    "dir/constructor",
    "dirt/a",
    "other/dir/a",
    "node_modules/m/index.js",
  ],
];

/**
 * Each a `.dockerignore`. Left out is where old and new engines differ, and the hash is with the new ones: brackets as plain
 * characters (`paren(1).txt`), and an exception that starts with `**` below an ignored folder.
 */
const rules = [
  "a\n",
  "/a\n./dir/\n",
  "*.log\n",
  "**/*.log\n",
  "**/a\n",
  "dir\n!dir/deep\n",
  "dir\n!dir/deep/deeper\ndir/deep/deeper/*.log\n",
  "*\n!a\n!dir/*.log\n",
  "*\n!dir/**\n",
  "dir/**\n!dir/deep/a\n",
  "**/deep/**\n",
  "dir*\n",
  "d?r/a\n",
  "[a-b]*\n",
  "[^a]\n",
  "# a\n  b.log  \n\n\t\n \\#hash\n",
  "#hash\n",
  "\uFEFFa\n",
  "a\r\ndir\r\n",
  "constructor\ndir/constructor\n",
  "toString/\n",
  "cc\\+\n",
  "dir/../a\n",
  "../a\n.\n",
  "..\n/\n",
  "! a\n",
  "*\n! dir/a\n",
  "x y\n",
  "x\\ y\n",
  "node_modules\n!node_modules/m/index.js\n",
  "other/*/a\n",
  "z$1\n",
  "\\!bang\n\\[k\\]\n",
  "**/dir/a\n!other/dir/a\n",
  "dir/deep/../b.log\n",
  "**dir\n",
  "di**/a\n",
];

describe(".dockerignore", function () {
  this.timeout(180_000);
  const images = new TestImages();
  after(() => images.removeAll());

  it("leaves out of the hash just what Docker leaves out of the build", async () => {
    const docker = await images.docker();
    const context = await images.folder(Object.fromEntries(files.map((path) => [path, path])));
    const dockerfile = join(await images.folder({ Dockerfile: "FROM scratch\nCOPY . /\n" }), "Dockerfile");
    const differences: string[] = [];
    for (const text of rules) {
      await writeFile(join(context, ".dockerignore"), text);
      const sent = filesSent(docker.client.command, context, dockerfile);
      const entries = await contextEntries(context, await readIgnoreRules(context, dockerfile));
      const counted = entries.map(({ path }) => path).sort();
      if (counted.join("\n") === sent.join("\n")) continue;
      const only = (one: string[], other: string[]) => one.filter((path) => !other.includes(path)).join(" ");
      differences.push(
        `${JSON.stringify(text)}: only sent: ${only(sent, counted)}; only counted: ${only(counted, sent)}`,
      );
    }
    assert.deepEqual(differences, []);
  });
});

/** Builds to a tar on the standard output, so that nothing is left in the image store. */
function filesSent(command: string, context: string, dockerfile: string): string[] {
  const env = { ...process.env, DOCKER_BUILDKIT: "1" };
  const built = spawnSync(command, ["build", "--quiet", "--output", "-", "--file", dockerfile, context], {
    env,
    maxBuffer: 1e8,
  });
  assert.equal(built.status, 0, built.stderr.toString());
  const listed = spawnSync("tar", ["-tf", "-", "--quoting-style=literal"], { input: built.stdout });
  return listed.stdout
    .toString()
    .split("\n")
    .filter((path) => path !== "" && !path.endsWith("/"))
    .sort();
}
