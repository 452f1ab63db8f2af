import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { parseIgnoreRules } from "../../../provider/build-context/dockerignore";
import { ContextError } from "../../../provider/build-context/error";
import { ignorePattern } from "../../../provider/build-context/ignore-pattern";
import { contextEntries } from "../../../provider/build-context/walk";
import { makeContext, removeContext } from "../../support/context-folder";
import { ignoreCases, refusedRules } from "./dockerignore-case";

describe(".dockerignore, as BuildKit reads it,", function () {
  this.timeout(60_000);
  const folders: string[] = [];
  const make = async (paths: readonly string[]) => {
    const folder = await makeContext(Object.fromEntries(paths.map((path) => [path, ""])));
    folders.push(folder);
    return folder;
  };
  const sent = async (context: string, rules: string) =>
    (await contextEntries(context, parseIgnoreRules(rules))).map(({ path }) => path);

  after(async () => {
    for (const folder of folders.splice(0)) await removeContext(folder);
  });

  describe("applies", () => {
    for (const { what, rules, ...paths } of ignoreCases) {
      it(`${what}: ${JSON.stringify(rules)}`, async () => {
        const all = `${paths.sent} ${paths.leftOut}`.split(" ").filter((path) => path !== "");
        // A path of the table may be the folder of another one: each then stands in a tree of its own.
        for (const path of all) {
          const isSent = (await sent(await make([path]), rules)).includes(path);
          assert.equal(isSent, paths.sent.split(" ").includes(path), path);
        }
      });
    }
  });

  describe("refuses, as Docker does,", () => {
    for (const { what, rules } of refusedRules) {
      it(`${what}: ${JSON.stringify(rules)}`, async () => {
        await assert.rejects(sent(await make(["a", "b"]), rules), (error: unknown) => {
          assert.ok(error instanceof ContextError, String(error));
          assert.equal(error.property, "build.context");
          assert.match(error.message, /\.dockerignore pattern cannot be read: ".+", .+Correct the line/);
          return true;
        });
      });
    }
  });

  it("passes over a closed folder that is left out, and refuses one that is not", async function () {
    if (process.platform === "win32") this.skip();
    const context = await make(["closed/file", "open/wanted"]);
    await chmod(context, 0o755);
    await chmod(join(context, "closed"), 0);
    // Root may read everything, so for a moment the test runs as another user.
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(1000);
    try {
      assert.deepEqual(await sent(context, "*\n!**/wanted\n"), ["open/wanted"]);
      await assert.rejects(sent(context, "*\n!closed\n"), /closed may not be read/);
    } finally {
      if (root) process.seteuid?.(0);
      await chmod(join(context, "closed"), 0o755);
    }
  });

  describe("means the same", () => {
    const tree = ["a", "b.R", "ab/a", "ab/b.R", "ab/c/a", "ab/c/b.R", "c/ab/a", "c/a/b.R", "c/c/c", "b/a"];
    const name = fc.constantFrom("a", "b", "c", "ab", "b.R");
    const part = fc.oneof(name, fc.constantFrom("*", "**", "?", "[a-b]", "*b*", "**.R", "a**", "*.R"));
    const path = (of: fc.Arbitrary<string>) =>
      fc.array(of, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const mark = fc.constantFrom("", "", "!");
    const rules = fc.array(
      fc.tuple(mark, path(part)).map((parts) => parts.join("")),
      { maxLength: 4 },
    );
    let context = "";

    before(async () => {
      context = await make(tree);
    });

    /** Puts one form of a rule and another between the same rules. */
    const same = (
      of: fc.Arbitrary<string>,
      one: (mark: string, path: string) => readonly string[],
      other: (mark: string, path: string) => readonly string[],
    ) =>
      fc.assert(
        fc.asyncProperty(rules, mark, of, rules, async (before, mark, path, after) => {
          const text = (form: typeof one) => [...before, ...form(mark, path), ...after].join("\n");
          assert.deepEqual(await sent(context, text(one)), await sent(context, text(other)), text(one));
        }),
        { numRuns: 150 },
      );
    const plainly = (mark: string, path: string) => [mark + path];

    for (const [what, form] of [
      ["with a slash at the start", (mark: string, path: string) => [`${mark}/${path}`]],
      ["with ./ at the start", (mark: string, path: string) => [`${mark}./${path}`]],
      ["with ./ even before the !", (mark: string, path: string) => [`./${mark}${path}`]],
      ["with a slash at the end", (mark: string, path: string) => [`${mark}${path}/`]],
      ["with a detour", (mark: string, path: string) => [`${mark}x/../${path}/./y/..`]],
      ["with blanks", (mark: string, path: string) => [` ${mark}\t${path} \r`]],
      ["with comments and empty lines", (mark: string, path: string) => ["#*", "", ` \t`, mark + path, "# !*"]],
      ["written twice", (mark: string, path: string) => [mark + path, mark + path]],
    ] as const) {
      it(what, () => same(path(part), plainly, form));
    }

    it("with brackets around a character", () =>
      same(path(name), plainly, (mark, path) => [`${mark}[${path[0]}]${path.slice(1)}`]));

    it("with a backslash before a dot", () =>
      same(path(name), plainly, (mark, path) => [`${mark}${path.replaceAll(".", "\\.")}`]));

    it("with **/ before a name, and with so many stars", () =>
      same(
        name,
        (mark, name) => [`${mark}**/${name}`],
        (mark, name) => [`${mark}${name}`, `${mark}*/${name}`, `${mark}*/*/${name}`],
      ));

    it("with ** before an end, and as an expression", () =>
      same(
        name,
        (mark, name) => [`${mark}**${name}`],
        (mark, name) => [`${mark}*${name}`, `${mark}**/*${name}`],
      ));
  });
});

describe("a pattern of .dockerignore", () => {
  const matches = (pattern: string, path: string) => ignorePattern(pattern, false).matches(path);

  it("takes every character literally behind \\x{…}, in a range and in \\Q…\\E", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), (char) => {
        const hex = char.codePointAt(0)?.toString(16);
        for (const pattern of [`\\x{${hex}}`, `[\\x{${hex}}-\\x{${hex}}]`]) assert.ok(matches(pattern, char), pattern);
        if (!/[*?.+()$]/.test(char)) assert.ok(matches(`\\Q${char}\\E`, char), char);
      }),
    );
  });

  it("has the classes of ASCII of Go", () => {
    const counts = { d: 10, D: 118, s: 5, S: 123, w: 63, W: 65 };
    for (const [set, count] of Object.entries(counts)) {
      for (const pattern of [`\\${set}`, `[\\${set}]`]) assert.equal(matched(pattern), count, pattern);
    }
    const names = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit".split(" ");
    const sizes = names.map((name) => matched(`[[:${name}:]]`));
    assert.deepEqual(sizes, [62, 52, 128, 2, 33, 10, 94, 26, 95, 32, 6, 26, 63, 22]);
    for (const name of names) assert.equal(matched(`[[:${name}:][:^${name}:]]`), 128, name);
  });

  it("has the categories and scripts of Unicode", () => {
    for (const pattern of ["\\pL", "\\p{L}", "\\p{Ll}", "\\PN", "\\P{^L}", "[\\pL]", "[^\\p{^L}]", "\\p{Latin}"])
      assert.ok(matches(pattern, "é"), pattern);
  });

  const matched = (pattern: string) =>
    Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((char) => matches(pattern, char)).length;

  // The best of several tries, in time of the processor: what else the machine does must not count.
  const milliseconds = (work: () => void) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const before = process.cpuUsage();
        work();
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      }),
    );

  for (const [what, pattern, path, result] of [
    ["20 stars", `${"*a".repeat(20)}b`, "a".repeat(60), false],
    ["1,000 stars", `${"*a".repeat(1000)}b`, "a".repeat(255), false],
    ["100 stars and a path that ends right", `${"*a".repeat(100)}*b`, `${"a".repeat(254)}b`, true],
    ["1,000 times **/", `${"**/".repeat(1000)}b`, "a/".repeat(120), false],
    ["30 exceptions of stars", `*\n!${"*a".repeat(30)}b`, "a".repeat(255), true],
    ["repeated groups of its own", "[a]{0,500}[a]{0,500}b*", "a".repeat(255), false],
    ["100,000 blanks within a line", `a${" ".repeat(100_000)}b`, "a", false],
  ] as const) {
    it(`ends in 100 ms with ${what}`, () => {
      const time = milliseconds(() => assert.equal(parseIgnoreRules(pattern).judge(path).ignored, result));
      assert.ok(time < 100, `${time} ms`);
    });
  }

  it("ends in 100 ms, and names no more than its beginning, with 100,000 brackets that are not closed", () => {
    const time = milliseconds(() =>
      assert.throws(
        () => parseIgnoreRules(`a*${"[".repeat(100_000)}`).judge("b"),
        (error: unknown) => error instanceof ContextError && error.message.length < 500,
      ),
    );
    assert.ok(time < 100, `${time} ms`);
  });
});
