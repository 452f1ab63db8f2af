import { shown } from "../error-message";
import type { Clock, Log } from "../handler";

/**
 * Milliseconds between two status lines. They start at one a second and become rarer, since without a terminal each one is a
 * line in the log.
 */
function statusPause(elapsedMs: number): number {
  return Math.min(30_000, Math.max(1000, elapsedMs / 15));
}

/** Sends a printable line to the engine. A `status` line replaces the one before. */
type Send = (severity: "info" | "warn" | "status", line: string) => void;

/** A log of one resource that sends printable lines, and status lines not too often. */
export function pacedLog(send: Send, clock: Clock): Log {
  const start = clock.now();
  let statusAt = Number.NEGATIVE_INFINITY;
  return {
    info: (line) => send("info", shown(line)),
    warn: (line) => send("warn", shown(line)),
    status: (line) => {
      const now = clock.now();
      if (now - statusAt < statusPause(now - start)) {
        return;
      }
      statusAt = now;
      send("status", shown(line));
    },
  };
}
