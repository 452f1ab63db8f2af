import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../../provider/inputs/duration";

describe("a length of time", () => {
  const written: [string, number | undefined][] = [
    ["90s", 90_000],
    ["45m", 2_700_000],
    ["1h30m", 5_400_000],
    ["1h0m1s", 3_601_000],
    [" 5m ", 300_000],
    ["0s", 0],
    ["", undefined],
    ["  ", undefined],
    ["5", undefined],
    ["5 m", undefined],
    ["m", undefined],
    ["30m1h", undefined],
    ["-5m", undefined],
    ["1.5h", undefined],
    ["5d", undefined],
  ];
  for (const [text, ms] of written) {
    it(`${JSON.stringify(text)} is ${ms === undefined ? "none" : `${ms} ms`}`, () =>
      assert.equal(parseDuration(text), ms));
  }

  it("is shown to people in at most two units", () => {
    assert.deepEqual([0, 7_000, 59_499, 59_500, 185_000, 3_599_499, 3_720_000].map(formatDuration), [
      ...["0s", "7s", "59s", "1m 00s"],
      ...["3m 05s", "59m 59s", "1h 02m"],
    ]);
  });

  it("comes back as it was written, for any hours, minutes and seconds", () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (h, m, s) => {
        assert.equal(parseDuration(`${h}h${m}m${s}s`), ((h * 60 + m) * 60 + s) * 1000);
      }),
    );
  });

  it("is read back from what is shown, up to an hour exactly, beyond to the minute", () => {
    fc.assert(
      fc.property(fc.nat(500_000), (seconds) => {
        const back = parseDuration(formatDuration(seconds * 1000).replace(" ", ""));
        assert.equal(back, (seconds < 3600 ? seconds : seconds - (seconds % 60)) * 1000);
      }),
    );
  });
});
