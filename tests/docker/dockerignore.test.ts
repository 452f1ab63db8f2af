import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readIgnoreRules } from "../../provider/build-context/dockerignore";
import { contextEntries } from "../../provider/build-context/walk";
import { refusedRules } from "../unit/build-context/dockerignore-case";
import { TestImages } from "./images";

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
    "main.R",
    "R/server.R",
    "R/app.Rmd",
    "app/x.log",
    "app/sub/y.log",
    "app/sub.log/in",
  ],
];

/** Each a `.dockerignore`. */
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
  "R**\n",
  "**/*.log\n!app/x.log\n",
  "app\n!app/sub\n!app/sub.log\n**/y.log\n",
  "?ir\n!?ir/[^d]*\ndir/*\n",
  "*\n!other\nother/dir\n!other/dir/a\n",
  "*/*\n!app/*\n",
  "[^a-z]*\n",
  "*[^b]/a\n",
  "./!a\na\n",
  "*\n./!a\n",
  "!../../a\n",
  "\u00A0a\u00A0\n",
  "\\d*\n",
  "[[:digit:][:punct:]]*\n",
];

/**
 * What Docker's client understands in another way since version 23, in which buildx looks through the context; the hash is with the
 * new ones. Older ones take `**` at the start for whole folders only, do not look into a folder that is left out for an exception
 * with special characters, hand an exception of a folder down though the folder was not left out, and repeat with `+`.
 */
const rulesSinceVersion23 = [
  "*\n!**.R\n",
  "*\n!**/*.R\n",
  "*\n!R/**\n!**.log\n",
  "**.log\n",
  "**log\n!app/**\n",
  "**/*.log\n!app\n",
  "**/*.log\n!app/*\n",
  "?ir\n!?ir/[^d]*\nd[i]r\n",
  "dir\n!dir/deep\ndir\n",
  "app\n!?pp/x.log\n",
  "app\n!app/*/y.log\n",
  "c+*\n",
  "*\n!*.txt\n!c+*\n",
  "paren(1)*\n",
];

describe(".dockerignore", function () {
  this.timeout(180_000);
  const images = new TestImages();
  after(() => images.removeAll());

  it("leaves out of the hash just what Docker leaves out of the build", async () => {
    assert.deepEqual(await differences(rules), []);
  });

  it("follows version 23 when Docker changed the meaning of a rule", async function () {
    const { command } = (await images.docker()).client;
    const version = spawnSync(command, ["version", "--format", "{{.Client.Version}}"]).stdout.toString();
    if (Number.parseInt(version, 10) < 23) this.skip();
    assert.deepEqual(await differences(rulesSinceVersion23), []);
  });

  it("refuses nothing that Docker takes", async () => {
    const { command } = (await images.docker()).client;
    const { context, dockerfile } = await make();
    for (const { what, rules } of refusedRules) {
      await writeFile(join(context, ".dockerignore"), rules);
      const built = build(command, context, dockerfile);
      assert.notEqual(built.status, 0, `Docker builds with ${what}`);
      assert.match(built.stderr.toString(), /syntax error in pattern|illegal exclusion pattern/, what);
    }
  });

  async function differences(texts: readonly string[]): Promise<string[]> {
    const { command } = (await images.docker()).client;
    const { context, dockerfile } = await make();
    const found: string[] = [];
    for (const text of texts) {
      await writeFile(join(context, ".dockerignore"), text);
      const sent = filesSent(command, context, dockerfile);
      const entries = await contextEntries(context, await readIgnoreRules(context, dockerfile));
      const counted = entries.map(({ path }) => path).sort();
      if (counted.join("\n") === sent.join("\n")) continue;
      const only = (one: string[], other: string[]) => one.filter((path) => !other.includes(path)).join(" ");
      found.push(`${JSON.stringify(text)}: only sent: ${only(sent, counted)}; only counted: ${only(counted, sent)}`);
    }
    return found;
  }

  async function make(): Promise<{ readonly context: string; readonly dockerfile: string }> {
    const context = await images.folder(Object.fromEntries(files.map((path) => [path, path])));
    return { context, dockerfile: join(await images.folder({ Dockerfile: "FROM scratch\nCOPY . /\n" }), "Dockerfile") };
  }
});

function filesSent(command: string, context: string, dockerfile: string): string[] {
  const built = build(command, context, dockerfile);
  assert.equal(built.status, 0, built.stderr.toString());
  const listed = spawnSync("tar", ["-tf", "-", "--quoting-style=literal"], { input: built.stdout });
  return listed.stdout
    .toString()
    .split("\n")
    .filter((path) => path !== "" && !path.endsWith("/"))
    .sort();
}

/** Builds to a tar on the standard output, so that nothing is left in the image store. */
function build(command: string, context: string, dockerfile: string) {
  const env = { ...process.env, DOCKER_BUILDKIT: "1" };
  return spawnSync(command, ["build", "--quiet", "--output", "-", "--file", dockerfile, context], {
    env,
    maxBuffer: 1e8,
  });
}
