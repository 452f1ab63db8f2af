import type { SinonSandbox } from "sinon";
import { Bench, type Listener, type SupervisionEnd } from "../../../runtime";

/**
 * Makes an emulator in this process run workspaces without containers, so that a test with many is quick. REST calls,
 * states and checks are real; only Docker is not used.
 */
export class PretendedBench {
  /** The reason why the next starts fail; undefined: they succeed. */
  startFails: string | undefined;
  #startsAreHeld: Promise<void> = Promise.resolve();
  #stopsAreHeld: Promise<void> = Promise.resolve();
  readonly #running = new Set<string>();

  constructor(sandbox: SinonSandbox) {
    const running = this.#running;
    sandbox.stub(Bench.prototype, "isRunning").callsFake(async (id) => running.has(id));
    sandbox.stub(Bench.prototype, "live").callsFake(async () => new Set(running));
    sandbox.stub(Bench.prototype, "prepare").resolves();
    sandbox
      .stub(Bench.prototype, "supervise")
      .callsFake((id, listener, signal) => this.#supervise(id, listener, signal));
    sandbox.stub(Bench.prototype, "endpoints").resolves({});
    sandbox.stub(Bench.prototype, "stop").callsFake(async (id) => {
      await this.#stopsAreHeld;
      running.delete(id);
      return { seconds: 0, killed: false };
    });
    for (const method of ["clear", "remove"] as const)
      sandbox.stub(Bench.prototype, method).callsFake(async (id) => void running.delete(id));
    sandbox.stub(Bench.prototype, "removeAll").resolves();
    sandbox.stub(Bench.prototype, "closeOutside").resolves();
  }

  /** From now on a start hangs in Starting until the returned function is called. */
  holdStarts(): () => void {
    const { held, release } = hold();
    this.#startsAreHeld = held;
    return release;
  }

  /** From now on a stop hangs in Stopping until the returned function is called. */
  holdStops(): () => void {
    const { held, release } = hold();
    this.#stopsAreHeld = held;
    return release;
  }

  async #supervise(id: string, listener: Listener, signal: AbortSignal): Promise<SupervisionEnd> {
    if (this.startFails !== undefined) return { kind: "failed", reason: this.startFails };
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([this.#startsAreHeld, aborted]);
    this.#running.add(id);
    await listener.alive();
    return aborted;
  }
}

function hold(): { held: Promise<void>; release: () => void } {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { held, release };
}
