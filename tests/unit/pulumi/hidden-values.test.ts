import assert from "node:assert/strict";
import fc from "fast-check";
import { HiddenValues } from "../../../provider/pulumi/hidden-values";

function hiding(...values: unknown[]): (line: string) => string {
  const hidden = new HiddenValues();
  hidden.add({ values }, [["values"], ["nothing", "there"]]);
  return (line) => hidden.hide(line);
}

describe("values that a program calls secret, in a line for people", () => {
  it("are shown as [secret], also in values derived from them", () => {
    const hide = hiding("Zebra Crossing!");
    assert.equal(hide('workspace "Zebra Crossing!" created'), 'workspace "[secret]" created');
    assert.equal(hide("GET /x?name=Zebra%20Crossing!&a=b"), "GET /x?name=[secret]&a=b");
    assert.equal(hide("pulumi-ica/zebra-crossing:12"), "pulumi-ica/[secret]:12");
    assert.equal(hide("Zebra_Crossing_-1.tar"), "[secret]_-1.tar");
  });

  it("are found only as whole words when they are short", () => {
    const hide = hiding("x", 20, "");
    assert.equal(hide('example "x" of 20 GB, 200 MB'), 'example "[secret]" of [secret] GB, 200 MB');
  });

  it("are only those at the paths that are given", () => {
    const hidden = new HiddenValues();
    hidden.add({ build: { args: { TOKEN: "pineapple", PLAIN: "apricot" }, urls: ["first", "second"] } }, [
      ["build", "args", "TOKEN"],
      ["build", "urls", "1"],
    ]);
    assert.equal(hidden.hide("pineapple apricot first second"), "[secret] apricot first [secret]");
  });

  it("are cut as names are, and found all the same", () => {
    const long = "lemurs".repeat(30);
    assert.equal(hiding(long)(`${long.slice(0, 100)}.tar`), "[secret].tar");
    assert.equal(hiding(long)(`${long.slice(0, 60)}.tar`), "[secret].tar");
  });

  it("are always removed from a line, plain or encoded; a line without them stays as it is", () => {
    const value = fc.string({ unit: "grapheme", minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
        const hide = hiding(secret);
        const line = hide(`${before}"${secret}"${after}`);
        assert.ok(!line.includes(`"${secret}"`), line);
        assert.ok(!hide(`name=${encodeURIComponent(secret)}&`).includes(encodeURIComponent(secret)));
        assert.equal(hiding()(before), before);
      }),
    );
  });

  it("are looked for in time that grows with the line", () => {
    const hide = hiding("a b ".repeat(500), "%41".repeat(300));
    const start = performance.now();
    hide(`${"a ".repeat(50_000)}${"%41\\n".repeat(20_000)}`);
    assert.ok(performance.now() - start < 2000);
  });
});
