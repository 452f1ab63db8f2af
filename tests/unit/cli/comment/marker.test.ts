import assert from "node:assert/strict";
import fc from "fast-check";
import { compareRuns, type Marker, markerFor, markerIn, markerLine } from "../../../../cli/comment/marker";

const hex = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: min, maxLength: max });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const markers = fc
  .record({
    stack: hex(8, 64),
    sha: optional(hex(7, 64)),
    number: optional(fc.maxSafeNat()),
    attempt: optional(fc.maxSafeNat()),
    workflow: optional(fc.string({ unit: "binary" })),
  })
  .map(({ stack, ...run }) =>
    markerFor(stack, Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined))),
  );

describe("the first line of a comment", () => {
  it("is read as it was written, for any text after it", () =>
    fc.assert(
      fc.property(markers, fc.string({ unit: "binary" }), fc.constantFrom("\n", "\r\n"), (marker, rest, end) => {
        assert.deepEqual(markerIn(`${markerLine(marker)}${end}${rest}`), marker);
      }),
    ));

  it("stays hidden: it is one line, and ends its HTML comment only once", () =>
    fc.assert(
      fc.property(markers, (marker) => {
        assert.match(markerLine(marker), /^<!-- pulumi-ica:preview \{[\w":,]+\} -->$/);
      }),
    ));

  it("is not found in other texts, and reading one never fails", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(markerIn(text), undefined);
        assert.equal(markerIn(`<!-- pulumi-ica:preview ${text} -->`), undefined);
        assert.equal(markerIn(`<!-- pulumi-ica:preview {"v":1,"stack":${JSON.stringify(text)}} -->x`), undefined);
      }),
    ));

  it("is not that of another version", () => {
    assert.equal(markerIn('<!-- pulumi-ica:preview {"v":2,"stack":"0123456789abcdef"} -->'), undefined);
    assert.equal(markerIn('<!-- pulumi-ica:preview {"v":1,"stack":"../.."} -->'), undefined);
  });

  it("says which of two runs is later", () => {
    const at = (run?: number, attempt?: number, workflow = "preview.yml"): Marker =>
      markerFor("0123456789abcdef", {
        workflow,
        ...(run === undefined ? {} : { number: run }),
        ...(attempt === undefined ? {} : { attempt }),
      });
    assert.ok(compareRuns(at(10), at(9)) > 0);
    assert.ok(compareRuns(at(9, 2), at(10, 1)) < 0);
    assert.ok(compareRuns(at(9, 2), at(9, 1)) > 0);
    assert.equal(compareRuns(at(9, 1), at(9, 1)), 0);
    assert.equal(compareRuns(at(9), at(undefined)), 0);
    assert.equal(compareRuns(at(9), at(1, 1, "other.yml")), 0);
  });
});
