import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { IcaClient } from "../../../provider/ica/client";
import { projectId } from "../../support/context";
import { FakeClock } from "../../support/fake-clock";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

const project = { id: projectId, name: "demo", active: true, region: { id: "r", code: "use1" } };
const limited = { ...problem(429, "Slow down"), headers: { "Retry-After": "1" } };

/** Time that passes only when all who wait have been heard: sleepers wake in the order of their time. */
class HeldClock extends FakeClock {
  readonly #sleepers: { at: number; wake: () => void }[] = [];

  override sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((wake) => this.#sleepers.push({ at: this.now() + ms, wake }));
  }

  /** Wakes the next sleeper; false when there is no sleeper. */
  next(): boolean {
    this.#sleepers.sort((a, b) => a.at - b.at);
    const first = this.#sleepers.shift();
    if (first === undefined) return false;
    this.advance(Math.max(0, first.at - this.now()));
    first.wake();
    return true;
  }
}

describe("the client, when ICA limits the rate", () => {
  let server: ScriptedServer;
  let clock: HeldClock;
  let client: IcaClient;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    clock = new HeldClock();
    client = new IcaClient({ baseUrl: server.baseUrl, apiKey: "key", clock });
  });

  afterEach(() => server.close());

  /** Lets time pass until the work is done. */
  async function finish<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const over = () => {
      state.done = true;
    };
    work.then(over, over);
    let quiet = 0;
    while (!state.done) {
      await turn();
      // Only when no answer is on its way any more.
      quiet = server.busy > 0 ? 0 : quiet + 1;
      if (quiet > 50) quiet = clock.next() ? 0 : quiet;
    }
    return work;
  }

  const read = () => client.projects.get(projectId);

  it("brings every one of many calls through at ten a second, and none is refused often", async () => {
    let window = { at: 0, calls: 0 };
    let refused = 0;
    server.on("GET", `/api/projects/${projectId}`, () => {
      if (clock.now() - window.at >= 1000) window = { at: clock.now(), calls: 0 };
      if (++window.calls <= 10) return ok(project);
      refused++;
      return limited;
    });
    await finish(Promise.all(Array.from({ length: 300 }, read)));
    const served = server.count("GET", `/api/projects/${projectId}`) - refused;
    assert.equal(served, 300);
    // 290 of the first wave, sent before any warning; afterwards only the few under way when a second is used up.
    assert.ok(refused < 290 + 300 / 2, `${refused} refusals`);
  });

  it("holds every other call too for as long as Retry-After says", async () => {
    const sent: number[] = [];
    server.on("GET", `/api/projects/${projectId}`, () => {
      sent.push(clock.now());
      return sent.length === 1 ? { ...limited, headers: { "Retry-After": "7" } } : ok(project);
    });
    const first = read();
    while (clock.sleeps.length === 0) await turn();
    const others = [read(), read()];
    await finish(Promise.all([first, ...others]));
    const [start = 0, ...later] = sent;
    assert.equal(later.length, 3);
    for (const at of later) assert.ok(at - start >= 7000, `sent again after ${at - start} ms`);
  });

  it("counts no try of a call that is refused while others get through", async () => {
    let refusals = 0;
    server.on("GET", "/api/regions", () => (++refusals <= 7 ? limited : ok({ items: [] })));
    // All of the first wave is refused, so that the others come a few at a time, beside the unlucky one.
    let reads = 0;
    server.on("GET", `/api/projects/${projectId}`, () => (++reads <= 20 ? limited : ok(project)));
    const unlucky = client.regions.list();
    const others = Array.from({ length: 20 }, read);
    // Seven refusals are more than a call has tries, were they all counted.
    await finish(Promise.all([unlucky, ...others]));
    assert.equal(server.count("GET", "/api/regions"), 8);
  });

  it("gives up a call that never gets through when no other does, as before", async () => {
    server.on("GET", `/api/projects/${projectId}`, limited);
    await assert.rejects(finish(read()), /ICA limits the rate of calls/);
    assert.equal(server.count("GET", `/api/projects/${projectId}`), 6);
  });
});
