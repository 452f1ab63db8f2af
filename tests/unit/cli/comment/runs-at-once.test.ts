import assert from "node:assert/strict";
import fc from "fast-check";
import type { Wanted } from "../../../../cli/comment/decide";
import { keepOne } from "../../../../cli/comment/keep-one";
import { markerFor, markerLine } from "../../../../cli/comment/marker";
import { Board, slowThread, VirtualTime } from "./virtual-thread";

const stack = "0123456789abcdef";

const wantedOf = (number: number, isQuiet = false): Wanted => {
  const marker = markerFor(stack, { number });
  return { marker, bodies: [`${markerLine(marker)}\ntext of run ${number}`], isQuiet };
};

/** Runs with these numbers, each from its own moment on, with calls that take as long as `latencies` say, in turn. */
async function together(
  board: Board,
  runs: readonly { readonly number: number; readonly startMs: number }[],
  latencies: readonly number[],
): Promise<void> {
  const time = new VirtualTime();
  let calls = 0;
  const latency = () => latencies[calls++ % latencies.length] ?? 0;
  await time.finish(
    Promise.all(
      runs.map(async ({ number, startMs }) => {
        await time.sleep(startMs);
        await keepOne(slowThread(board, time, latency), wantedOf(number), {
          clock: time,
          settleMs: 1000,
          secondMs: 1000,
        });
      }),
    ),
  );
}

describe("runs that comment at once", () => {
  for (const [first, second] of [
    [1, 2],
    [2, 1],
  ] as const) {
    it(`leave one comment, that of the later run, when run ${first} posts first`, async () => {
      const board = new Board();
      // Both read the empty list before either of them posts.
      await together(
        board,
        [
          { number: first, startMs: 0 },
          { number: second, startMs: 10 },
        ],
        [50],
      );
      assert.deepEqual(
        board.posted.map(({ id, body }) => [id, body.split("\n")[1]]),
        [[1, "text of run 2"]],
      );
    });
  }

  it("leave one comment of the latest run, however many they are and however long their calls take", () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ number: fc.nat(6), startMs: fc.nat(1500) }), {
          minLength: 2,
          maxLength: 4,
          selector: ({ number }) => number,
        }),
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 13 }),
        fc.option(fc.nat(3), { nil: undefined }),
        async (runs, latencies, before) => {
          const board = new Board();
          if (before !== undefined) board.add(`${markerLine(markerFor(stack, { number: before }))}\nbefore`);
          await together(board, runs, latencies);
          const latest = Math.max(before ?? 0, ...runs.map(({ number }) => number));
          assert.equal(board.posted.length, 1, "one comment is left");
          const text = board.posted[0]?.body.split("\n")[1] ?? "";
          assert.ok(text === `text of run ${latest}` || (text === "before" && before === latest), text);
        },
      ),
      { numRuns: 400 },
    ));

  it("whose order is unknown leave one comment, of any of them", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1500), { minLength: 2, maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 13 }),
        async (starts, latencies) => {
          const [board, time] = [new Board(), new VirtualTime()];
          let calls = 0;
          const latency = () => latencies[calls++ % latencies.length] ?? 0;
          const marker = markerFor(stack, {});
          await time.finish(
            Promise.all(
              starts.map(async (startMs, i) => {
                await time.sleep(startMs);
                const wanted = { marker, bodies: [`${markerLine(marker)}\ntext ${i}`], isQuiet: false };
                const thread = slowThread(board, time, latency);
                await keepOne(thread, wanted, { clock: time, settleMs: 1000, secondMs: 1000 });
              }),
            ),
          );
          assert.equal(board.posted.length, 1);
        },
      ),
      { numRuns: 200 },
    ));

  it("leave one comment when the older one stalls before it posts, until the later one has ended", async () => {
    const [board, time] = [new Board(), new VirtualTime()];
    const patience = { clock: time, settleMs: 1000, secondMs: 1000 };
    const thread = slowThread(board, time, () => 10);
    const stalled = {
      ...thread,
      create: async (body: string) => {
        await time.sleep(60_000);
        return thread.create(body);
      },
    };
    const [older, later] = await time.finish(
      Promise.all([keepOne(stalled, wantedOf(1), patience), keepOne(thread, wantedOf(2), patience)]),
    );
    assert.deepEqual([older.kind, later.kind], ["newer", "created"]);
    assert.deepEqual(
      board.posted.map(({ id, body }) => [id, body.split("\n")[1]]),
      [[1, "text of run 2"]],
    );
  });
});

describe("a list of comments that is a little behind", () => {
  const patience = (time: VirtualTime) => ({ clock: time, settleMs: 1000, secondMs: 1000 });

  it("does not make a run post twice", async () => {
    const [board, time] = [new Board(), new VirtualTime()];
    const behind = { ...slowThread(board, time, () => 10), find: async () => [] };
    const { kind } = await time.finish(keepOne(behind, wantedOf(1), patience(time)));
    assert.equal(kind, "created");
    assert.equal(board.posted.length, 1);
  });

  it("does not make an older run replace a newer one's text", async () => {
    const [board, time] = [new Board(), new VirtualTime()];
    const listed = { ...board.add(`${markerLine(markerFor(stack, { number: 1 }))}\nbefore`) };
    const thread = slowThread(board, time, () => 10);
    await time.finish(keepOne(thread, wantedOf(3), patience(time)));
    const behind = { ...thread, find: async () => [listed] };
    assert.equal((await time.finish(keepOne(behind, wantedOf(2), patience(time)))).kind, "newer");
    assert.match(board.posted[0]?.body ?? "", /text of run 3/);
  });
});
