import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./handler";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node's own error only says that the operation was aborted.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
