import type { SinonSandbox } from "sinon";
import { Bench, type Listener } from "../../emulator/runtime";

/** What a start leads to: it runs, it hangs in Starting, or it fails with this reason. */
export type StartOutcome = "runs" | "hangs" | { readonly fails: string };

/**
 * Lets an emulator of this process run workspaces that have no container, so that a test of many is quick: the REST
 * calls, the states and the checks are the real ones, only Docker is not asked.
 */
export class PretendedBench {
  /** What the next starts lead to, for every workspace. */
  start: StartOutcome = "runs";
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

  /** From now on a stop hangs in Stopping until the returned function is called. */
  holdStops(): () => void {
    let release: () => void = () => undefined;
    this.#stopsAreHeld = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async #supervise(id: string, listener: Listener, signal: AbortSignal) {
    if (typeof this.start === "object") return { kind: "failed" as const, reason: this.start.fails };
    if (this.start === "runs") {
      this.#running.add(id);
      await listener.alive();
    }
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}
