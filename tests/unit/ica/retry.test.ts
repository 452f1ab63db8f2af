import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultRetryPolicy as policy, retryAfterMs, retryDelay } from "../../../provider/ica/transport/retry";

const now = Date.parse("2025-06-01T12:00:00Z");
const never = () => 0;
const most = () => 0.999_999;

describe("Retry-After", () => {
  it("is read as whole seconds", () => assert.equal(retryAfterMs("7", now), 7000));
  it("is read with blanks around it", () => assert.equal(retryAfterMs(" 7 ", now), 7000));
  it("is read as an HTTP date", () => assert.equal(retryAfterMs("Sun, 01 Jun 2025 12:00:30 GMT", now), 30_000));
  it("in the past means now", () => assert.equal(retryAfterMs("Sun, 01 Jun 2025 11:00:00 GMT", now), 0));
  it("counts for nothing when it is neither", () => assert.equal(retryAfterMs("soon", now), undefined));
  it("counts for nothing when it is absent", () => assert.equal(retryAfterMs(undefined, now), undefined));
});

describe("another try", () => {
  const delay = (failure: Parameters<typeof retryDelay>[0], repeatable: boolean, attempt = 1) =>
    retryDelay(failure, attempt, repeatable, policy, never, now);
  const answered = (status: number, retryAfter?: string) => ({ status, retryAfter });

  for (const status of [408, 500, 502, 503, 504]) {
    it(`is made after ${status} when the call is repeatable, and only then`, () => {
      assert.notEqual(delay(answered(status), true), undefined);
      assert.equal(delay(answered(status), false), undefined);
    });
  }

  for (const status of [301, 400, 401, 403, 404, 409, 422, 501]) {
    it(`is never made after ${status}`, () => {
      assert.equal(delay(answered(status), true), undefined);
    });
  }

  it("is made after 429 for every call, because ICA did not execute it", () => {
    assert.notEqual(delay(answered(429), false), undefined);
    assert.notEqual(delay(answered(429), true), undefined);
  });

  it("is made for a call that cannot be repeated only when it was never sent", () => {
    assert.notEqual(delay({ sent: false }, false), undefined);
    assert.equal(delay({ sent: true }, false), undefined);
    assert.notEqual(delay({ sent: true }, true), undefined);
  });

  it("is not made any more once all tries are used up", () => {
    assert.notEqual(delay(answered(503), true, policy.attempts - 1), undefined);
    assert.equal(delay(answered(503), true, policy.attempts), undefined);
  });

  it("waits twice as long each time, up to the cap", () => {
    const waits = Array.from({ length: 5 }, (_, i) =>
      retryDelay(answered(503), i + 1, true, { ...policy, capMs: 3000 }, most, now),
    );
    assert.deepEqual(
      waits.map((ms) => Math.round(ms ?? 0)),
      [500, 1000, 2000, 3000, 3000],
    );
  });

  it("waits as long as ICA asks for, even beyond the cap", () => {
    const wait = delay(answered(429, "60"), true);
    assert.ok(wait !== undefined && wait >= 60_000, `waited ${wait}`);
  });

  it("is not made when ICA asks for a longer wait than the limit", () => {
    assert.equal(delay(answered(429, String(policy.longestRetryAfterMs / 1000 + 1)), true), undefined);
  });

  it("backs off also when ICA asks for no wait at all", () => {
    const wait = retryDelay(answered(429, "0"), 5, true, policy, never, now);
    assert.ok(wait !== undefined && wait >= 4000, `waited ${wait}`);
  });

  it("never comes sooner than ICA asks, nor later than cap or request plus jitter, for any random number", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: policy.attempts - 1 }),
        fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, seconds, chance) => {
          const wait = retryDelay(answered(429, seconds?.toString()), attempt, false, policy, () => chance, now);
          assert.ok(wait !== undefined);
          const asked = (seconds ?? 0) * 1000;
          assert.ok(wait >= asked, `waited ${wait}, asked for ${asked}`);
          assert.ok(wait <= Math.max(policy.capMs, asked + policy.baseMs), `waited ${wait}, asked for ${asked}`);
        },
      ),
    );
  });
});
