import { setTimeout as delay } from "node:timers/promises";
import type { Runtime } from "./lifecycle";

/**
 * Workspaces that only have states: the runtime of an emulator with `containers: false`. Does not use Docker. Every
 * image starts and stays up; nothing listens at the ports.
 *
 * @param transitionMs milliseconds that a start and a stop take
 */
export function withoutContainers(transitionMs: number): Runtime {
  const up = new Set<string>();
  const clear = async (id: string) => {
    up.delete(id);
  };
  return {
    isRunning: async (id) => up.has(id),
    live: async () => new Set(up),
    prepare: async () => undefined,
    async supervise(id, listener, signal) {
      await delay(transitionMs, undefined, { signal });
      up.add(id);
      await listener.alive();
      return untilRaised(signal);
    },
    endpoints: async () => ({}),
    async stop(id) {
      await delay(transitionMs);
      await clear(id);
      return { seconds: transitionMs / 1000, killed: false };
    },
    clear,
    remove: clear,
    removeAll: async () => up.clear(),
    closeOutside: async () => undefined,
  };
}

/** Rejects with the signal's reason when it aborts; otherwise never settles. */
function untilRaised(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const raised = () => reject(signal.reason);
    if (signal.aborted) {
      raised();
    }
    signal.addEventListener("abort", raised, { once: true });
  });
}
