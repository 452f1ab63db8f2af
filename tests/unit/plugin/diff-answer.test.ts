import assert from "node:assert/strict";
import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import fc from "fast-check";
import type { Change } from "../../../provider/handler";
import { changedPaths } from "../../../provider/plugin/resources/detailed-diff";
import { diffAnswer } from "../../../provider/plugin/resources/diff-answer";

describe("the paths at which two values differ", () => {
  it("go into objects and lists, with what happens at each", () => {
    const old = { access: { web: true }, allowedUrls: ["a", "b"], storageGb: 20, users: "single" };
    const now = { access: { web: true, console: true }, allowedUrls: ["a", "c", "d"], storageGb: 30 };
    assert.deepEqual(Object.fromEntries(changedPaths(old, now)), {
      "access.console": "add",
      "allowedUrls[1]": "update",
      "allowedUrls[2]": "add",
      storageGb: "update",
      users: "delete",
    });
  });

  it("are none between equal values, and swap addition and deletion with the sides", () => {
    const properties = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 2 }));
    const swapped = { add: "delete", delete: "add", update: "update" } as const;
    fc.assert(
      fc.property(properties, properties, (one, other) => {
        assert.equal(changedPaths(one, one).size, 0);
        const back = [...changedPaths(other, one)].map(([path, kind]) => [path, swapped[kind]]);
        assert.deepEqual(Object.fromEntries(changedPaths(one, other)), Object.fromEntries(back));
      }),
    );
  });
});

describe("the plugin's answer to a diff", () => {
  const oldInputs = { image: "one", access: { web: true } };
  const state = { ...oldInputs, imageId: "i-1", status: "Running", webUrl: "http://a" };
  const computed = ["imageId", "status", "webUrl"];

  function answer(change: Change, news: Record<string, unknown>) {
    const response = diffAnswer(change, { state, oldInputs, news, computed });
    const names = Object.fromEntries(Object.entries(PropertyDiff.Kind).map(([name, number]) => [number, name]));
    const detailed = response
      .toObject()
      .detaileddiffMap.map(([path, { kind, inputdiff }]) => [
        path,
        `${names[kind]}${inputdiff ? "" : ", not declared"}`,
      ]);
    return {
      changes: response.getChanges(),
      replaces: response.getReplacesList(),
      stables: response.getStablesList(),
      detailed: Object.fromEntries(detailed),
    };
  }

  it("names each value of an update by its path, and the outputs that stay", () => {
    const change: Change = { kind: "update", hidden: false, fields: ["access", "image"], unsettled: ["status"] };
    assert.deepEqual(answer(change, { image: "two", access: { web: true, console: true } }), {
      changes: DiffResponse.DiffChanges.DIFF_SOME,
      replaces: [],
      stables: ["imageId", "webUrl"],
      detailed: { "access.console": "ADD", image: "UPDATE" },
    });
  });

  it("marks what forces a replacement, whole properties and values within them", () => {
    const change: Change = { kind: "replace", because: ["access"], deleteFirst: true };
    const { replaces, detailed } = answer(change, { image: "two", access: { web: false } });
    assert.deepEqual(replaces, ["access"]);
    assert.deepEqual(detailed, { "access.web": "UPDATE_REPLACE", image: "UPDATE" });
  });

  it("says of drift that the declaration is the same, and of an output only that it changes", () => {
    const change: Change = { kind: "update", hidden: true, fields: ["status"], unsettled: ["status"] };
    assert.deepEqual(answer(change, oldInputs).detailed, { status: "UPDATE, not declared" });
    const drifted: Change = { kind: "update", hidden: false, fields: ["access"], unsettled: [] };
    const response = diffAnswer(drifted, {
      state: { ...state, access: { web: false } },
      ...{ oldInputs, news: oldInputs, computed },
    });
    assert.deepEqual(
      response.toObject().detaileddiffMap.map(([path]) => path),
      ["access.web"],
    );
  });
});
