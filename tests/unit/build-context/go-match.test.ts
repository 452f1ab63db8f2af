import assert from "node:assert/strict";
import fc from "fast-check";
import { goMatch, PatternError } from "../../../provider/build-context/go-match";

/** Each was compared with filepath.Match of Go 1.26. `!` stands for a pattern that it refuses. */
const cases: readonly (readonly [string, string, boolean | "!"])[] = [
  ["abc", "abc", true],
  ["*", "abc", true],
  ["*c", "abc", true],
  ["a*", "a/b", false],
  ["a*/b", "abc/b", true],
  ["a*/b", "a/c/b", false],
  ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
  ["a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false],
  ["a*b?c*x", "abxbbxdbxebxczzx", true],
  ["a*b?c*x", "abxbbxdbxebxczzy", false],
  ["ab[b-d]", "abc", true],
  ["ab[e-g]", "abc", false],
  ["ab[^e-g]", "abc", true],
  ["a\\*b", "a*b", true],
  ["a\\*b", "ab", false],
  ["a?b", "a\u{1F600}b", true],
  ["a?b", "a/b", false],
  ["a[^a]b", "a/b", true],
  ["[\\]a]", "]", true],
  ["[\\-x]", "-", true],
  ["[x-]", "x", "!"],
  ["[a-b-c]", "a", "!"],
  ["[]a]", "]", "!"],
  ["[", "a", "!"],
  ["a[", "a", "!"],
  ["a[", "ab", "!"],
  ["a*[", "b", false],
  ["*x", "xxx", true],
  ["\\", "a", "!"],
];

describe("goMatch", () => {
  for (const [pattern, name, result] of cases) {
    it(`says ${result} of ${pattern} and ${name}`, () => {
      if (result === "!") assert.throws(() => goMatch(pattern, name), PatternError);
      else assert.equal(goMatch(pattern, name), result);
    });
  }

  it("takes stars as any text without a slash, as a regular expression does", () => {
    const part = fc.constantFrom("a", "b", "/", "*", "?");
    const text = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text(part), text(fc.constantFrom("a", "b", "/")), (pattern, name) => {
        const expression = pattern.replace(/[*?]/g, (found) => (found === "*" ? "[^/]*" : "[^/]"));
        assert.equal(goMatch(pattern, name), new RegExp(`^${expression}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });
});
