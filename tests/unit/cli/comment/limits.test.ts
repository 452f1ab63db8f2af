import assert from "node:assert/strict";
import { limitedMs, secondsOff } from "../../../../cli/comment/github/limits";

const now = Date.parse("2026-01-02T03:04:05Z");
const failure = (status: number, headers: Record<string, string> = {}, message = "No") => ({
  status,
  headers,
  message,
});

describe("GitHub's rate limit", () => {
  const cases: [string, ReturnType<typeof failure>, number | undefined][] = [
    ["Retry-After in seconds", failure(429, { "retry-after": "7" }), 7000],
    ["Retry-After as a date", failure(403, { "retry-after": "Fri, 02 Jan 2026 03:04:15 GMT" }), 10_000],
    [
      "the time of the reset, and a second for its fraction",
      failure(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 20) }),
      21_000,
    ],
    [
      "a reset that is over",
      failure(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 - 20) }),
      1000,
    ],
    ["a secondary limit without a time", failure(403, {}, "You have exceeded a secondary rate limit."), 60_000],
    ["429 without a time", failure(429), 60_000],
    ["403 with calls left", failure(403, { "x-ratelimit-remaining": "12", "x-ratelimit-reset": "9" }), undefined],
    ["another refusal", failure(403, {}, "Resource not accessible by integration"), undefined],
    ["another status", failure(503, { "retry-after": "7" }), undefined],
  ];
  for (const [name, refused, ms] of cases) it(`reads ${name}`, () => assert.equal(limitedMs(refused, now), ms));

  it("is worth a wait of two minutes, and no longer", () => {
    assert.equal(secondsOff(failure(429, { "retry-after": "120" }), now), 120);
    assert.equal(secondsOff(failure(429, { "retry-after": "121" }), now), undefined);
  });
});
