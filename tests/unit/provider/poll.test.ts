import assert from "node:assert/strict";
import fc from "fast-check";
import { type Poll, poll, TimeoutError } from "../../../provider/poll";
import { FakeClock } from "../../support/fake-clock";

function waiting(clock: FakeClock, options: Partial<Poll<number>>): Promise<number> {
  let looks = 0;
  return poll<number>({
    clock,
    look: async () => ++looks,
    done: () => false,
    what: "for a number",
    timeoutMs: 600_000,
    timedOut: (seen, elapsed) => `seen ${seen} after ${elapsed} ms`,
    random: () => 0.5,
    ...options,
  });
}

describe("a wait", () => {
  it("ends with what was seen, without a sleep when it is so at once", async () => {
    const clock = new FakeClock();
    assert.equal(await waiting(clock, { done: () => true }), 1);
    assert.deepEqual(clock.sleeps, []);
  });

  it("looks ever less often, at most ten seconds apart", async () => {
    const clock = new FakeClock();
    await waiting(clock, { done: (seen) => seen === 12 });
    assert.deepEqual(clock.sleeps.slice(0, 4), [500, 750, 1125, 1687.5]);
    assert.equal(clock.sleeps.at(-1), 10_000);
    assert.ok(clock.sleeps.every((ms, i) => i === 0 || ms >= (clock.sleeps[i - 1] ?? 0)));
  });

  it("is given up exactly when time is up, with a last look then", async () => {
    const clock = new FakeClock();
    const start = clock.now();
    let last = 0;
    await assert.rejects(
      waiting(clock, {
        timeoutMs: 60_000,
        look: async () => {
          last = clock.now() - start;
          return last;
        },
      }),
      (error: unknown) => error instanceof TimeoutError && error.message === "seen 60000 after 60000 ms",
    );
    assert.equal(last, 60_000);
  });

  it("that becomes so in the last look is no time-out", async () => {
    const clock = new FakeClock();
    const start = clock.now();
    await waiting(clock, { timeoutMs: 60_000, done: () => clock.now() - start >= 60_000 });
  });

  it("without any time looks once", async () => {
    await assert.rejects(waiting(new FakeClock(), { timeoutMs: 0 }), /seen 1 after 0 ms/);
  });

  it("counts the time that looking takes", async () => {
    const clock = new FakeClock();
    await assert.rejects(
      waiting(clock, {
        timeoutMs: 10_000,
        look: async () => {
          clock.advance(20_000);
          return 0;
        },
      }),
      TimeoutError,
    );
    assert.deepEqual(clock.sleeps, []);
  });

  it("ends with the error of the decision or of the read", async () => {
    const failing = () => {
      throw new Error("build failed");
    };
    await assert.rejects(waiting(new FakeClock(), { done: failing }), /build failed/);
    await assert.rejects(waiting(new FakeClock(), { look: () => Promise.reject(new Error("no answer")) }), /no answer/);
  });

  it("ends when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("cancelled by the user"));
    await assert.rejects(waiting(new FakeClock(), { signal }), /cancelled by the user/);
  });

  it("is spread by a fifth to both sides for any random number, and never beyond the deadline", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        async (chance, timeoutMs) => {
          const clock = new FakeClock();
          const start = clock.now();
          await assert.rejects(waiting(clock, { random: () => chance, timeoutMs }), TimeoutError);
          assert.ok(clock.now() - start >= timeoutMs && clock.now() - start < timeoutMs + 1);
          let plain = 500;
          for (const ms of clock.sleeps.slice(0, -1)) {
            assert.ok(ms >= plain * 0.8 - 1e-6 && ms <= plain * 1.2 + 1e-6, `${ms} for ${plain}`);
            plain = Math.min(10_000, plain * 1.5);
          }
        },
      ),
    );
  });
});
