import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { changeMode, likelyMode, sureMode } from "../../provider/bench-image/contract/file-mode.js";
import { makeContext, removeContext } from "./context-folder.js";

const clause = fc
  .record({
    who: fc.constantFrom("", "u", "g", "o", "a", "ug", "go", "ugo"),
    operator: fc.constantFrom("+", "-", "="),
    what: fc.constantFrom("r", "x", "w", "rx", "rwx", "X", "rX", "u", "g", "o", ""),
  })
  .map(({ who, operator, what }) => `${who}${operator}${what}`);
const change = fc.array(clause, { minLength: 1, maxLength: 3 }).map((clauses) => clauses.join(","));
const mode = fc.integer({ min: 0, max: 0o777 });
/** What counts for a script; the umask has its part in the rights to write. */
const readAndExecute = 0o555;

describe("the mode of a file", () => {
  let folder: string;

  before(async () => {
    folder = await makeContext({ file: "" });
  });
  after(() => removeContext(folder));

  it("changes as chmod changes it", function () {
    if (process.platform === "win32") this.skip();
    const file = join(folder, "file");
    fc.assert(
      fc.property(mode, change, (before, text) => {
        chmodSync(file, before);
        execFileSync("chmod", ["--", text, file], { stdio: "pipe" });
        const after = changeMode(sureMode(before), text);
        assert.equal((after?.bits ?? 0) & readAndExecute, statSync(file).mode & readAndExecute);
        assert.equal(after?.sure, 0o777);
      }),
      {
        numRuns: 60,
        examples: [
          [0o644, "u+x,go=u"],
          [0o600, "a=rX"],
          [0o100, "-X,g+X"],
        ],
      },
    );
  });

  it("is as sure as what it was made of", () => {
    fc.assert(
      fc.property(mode, mode, change, (known, wrong, text) => {
        const after = changeMode(likelyMode(wrong), text);
        const real = changeMode(sureMode(known), text);
        assert.ok(after !== undefined && real !== undefined);
        assert.equal(after.bits & after.sure & readAndExecute, real.bits & after.sure & readAndExecute);
      }),
    );
  });

  it("is not changed by what is no mode", () => {
    for (const text of ["", "rwx", "u+y", "0888", "u+x,", "+x o"])
      assert.equal(changeMode(sureMode(0), text), undefined);
  });
});
