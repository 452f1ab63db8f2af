import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import {
  fromEngine,
  isKnown,
  toEngine,
  touchesUnknown,
  unknownPaths,
  unknownText,
  unknownValue,
} from "../../../provider/inputs/unknown";

describe("a value that is not known yet", () => {
  it("is written as the engine writes it", () => {
    assert.equal(unknownText, pulumi.runtime.unknownValue);
    assert.deepEqual(fromEngine({ a: [unknownText, "x"], b: null }), { a: [unknownValue, "x"], b: null });
  });

  it("comes back from the engine as it went there, at any depth", () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(unknownValue));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        leaf,
        fc.array(tie("value")),
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          tie("value"),
        ),
      ),
    }));
    fc.assert(
      fc.property(value, (sent) => {
        const wire = toEngine(sent);
        assert.deepEqual(fromEngine(wire), fromEngine(sent));
        assert.deepEqual(JSON.parse(JSON.stringify(wire)), wire, "the engine gets nothing that JSON does not have");
        assert.equal(isKnown(sent), isKnown(fromEngine(wire)));
        assert.equal(isKnown(sent), unknownPaths(sent).length === 0);
      }),
    );
  });

  it("is distinct from a known one", () => {
    assert.equal(isKnown(unknownValue), false);
    for (const known of [undefined, null, "", "x", 0, {}, []]) assert.equal(isKnown(known), true);
  });

  it("is found at any depth", () => {
    assert.equal(isKnown({ a: [{ b: unknownValue }] }), false);
    assert.equal(isKnown({ a: [{ b: null }], c: undefined }), true);
  });

  it("is found with its path", () => {
    assert.deepEqual(
      unknownPaths({ build: { context: unknownValue, args: { a: "x" } }, regions: ["a", unknownValue] }),
      ["build.context", "regions.1"],
    );
    assert.deepEqual(unknownPaths(unknownValue, ["image"]), ["image"]);
    assert.deepEqual(unknownPaths(null), []);
  });

  it("makes the value, its parts and its parents uncertain, and nothing else", () => {
    const unknowns = ["build.args"];
    for (const path of ["build.args", "build.args.x", "build"]) assert.equal(touchesUnknown(path, unknowns), true);
    for (const path of ["build.argsfile", "build.context", "name", "buil"])
      assert.equal(touchesUnknown(path, unknowns), false);
  });
});
