import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { hasUnknown, isUnknown, touchesUnknown, unknownPaths, unknownValue } from "../../../provider/inputs/unknown";

describe("a value that is not known yet", () => {
  it("is written as the engine writes it", () => {
    assert.equal(unknownValue, pulumi.runtime.unknownValue);
  });

  it("is told from a known one", () => {
    assert.equal(isUnknown(unknownValue), true);
    for (const known of [undefined, null, "", "x", 0, {}, [unknownValue]]) assert.equal(isUnknown(known), false);
  });

  it("is found at any depth", () => {
    assert.equal(hasUnknown({ a: [{ b: unknownValue }] }), true);
    assert.equal(hasUnknown({ a: [{ b: null }], c: undefined }), false);
  });

  it("is found with its path", () => {
    assert.deepEqual(
      unknownPaths({ build: { context: unknownValue, args: { a: "x" } }, regions: ["a", unknownValue] }),
      ["build.context", "regions.1"],
    );
    assert.deepEqual(unknownPaths(unknownValue, ["image"]), ["image"]);
    assert.deepEqual(unknownPaths(null), []);
  });

  it("makes uncertain what it is, what is in it and what it is in, and nothing beside it", () => {
    const unknowns = ["build.args"];
    for (const path of ["build.args", "build.args.x", "build"]) assert.equal(touchesUnknown(path, unknowns), true);
    for (const path of ["build.argsfile", "build.context", "name", "buil"])
      assert.equal(touchesUnknown(path, unknowns), false);
  });
});
