import assert from "node:assert/strict";
import { z } from "zod";
import { parseInputs, timeoutMs, timeoutsSchema } from "../../../provider/inputs/inputs";
import { unknownValue } from "../../../provider/inputs/unknown";

const shape = {
  name: z.string().min(1, { error: "must not be empty" }),
  count: z.number().optional(),
  mode: z.enum(["a", "b"], { error: 'must be "a" or "b"' }).optional(),
  list: z.array(z.string()).optional(),
  nested: z.strictObject({ on: z.boolean().default(false), label: z.string().optional() }).optional(),
  timeouts: timeoutsSchema.optional(),
};

const failures = (args: Record<string, unknown>) => parseInputs(shape, args).failures;

describe("parsing inputs", () => {
  it("fills in defaults and leaves out what is not declared", () => {
    assert.deepEqual(parseInputs(shape, { name: "x", nested: {} }), {
      inputs: { name: "x", nested: { on: false } },
      failures: [],
    });
  });

  it("finds every problem, each at its property as it is written in a program", () => {
    assert.deepEqual(
      failures({
        name: "",
        mode: "c",
        list: ["a", 5],
        nested: { on: "yes", lable: "x" },
        timeouts: { create: "soon" },
      }),
      [
        { property: "name", reason: "must not be empty" },
        { property: "mode", reason: 'must be "a" or "b"' },
        { property: "list[1]", reason: "must be a string; it is a number" },
        { property: "nested.on", reason: "must be true or false; it is a string" },
        { property: "nested.lable", reason: "is not a property of this resource; did you mean label?" },
        { property: "timeouts.create", reason: 'must be a length of time such as 90s, 45m or 1h30m; it is "soon"' },
      ],
    );
  });

  it("says that something is required only when it is not there", () => {
    assert.deepEqual(failures({}), [{ property: "name", reason: "is required" }]);
    assert.deepEqual(failures({ name: 5 }), [{ property: "name", reason: "must be a string; it is a number" }]);
    assert.deepEqual(failures({ name: ["x"] }), [{ property: "name", reason: "must be a string; it is a list" }]);
  });

  it("takes null as not declared", () => {
    assert.deepEqual(failures({ name: null, count: null }), [{ property: "name", reason: "is required" }]);
  });

  it("finds misspelt keys, but never the machinery's own", () => {
    assert.deepEqual(failures({ name: "x", nmae: "y", __provider: "code", __urn: "urn" }), [
      { property: "nmae", reason: "is not a property of this resource; did you mean name?" },
    ]);
    assert.deepEqual(parseInputs(shape, { name: "x", __provider: "code" }).inputs, { name: "x" });
  });

  for (const key of Object.keys(shape)) {
    it(`takes an unknown ${key} as right, and keeps it`, () => {
      const parsed = parseInputs(shape, { name: "x", [key]: unknownValue });
      assert.deepEqual(parsed.failures, []);
      assert.equal(Reflect.get(parsed.inputs, key), unknownValue);
    });
  }

  it("accepts unknown parts, and still finds errors next to them", () => {
    assert.deepEqual(
      failures({
        name: unknownValue,
        nested: { on: unknownValue, label: 5 },
        timeouts: { create: unknownValue, delte: "5m" },
      }),
      [
        { property: "nested.label", reason: "must be a string; it is a number" },
        { property: "timeouts.delte", reason: "is not a property of this resource; did you mean delete?" },
      ],
    );
  });
});

describe("a limit of time", () => {
  it("is what was declared, else the default", () => {
    assert.equal(timeoutMs({ create: "5m" }, "create", "20m"), 300_000);
    assert.equal(timeoutMs({ create: "5m" }, "update", "20m"), 1_200_000);
    assert.equal(timeoutMs(undefined, "delete", "10m"), 600_000);
  });
});
