import type { RequestHandler } from "express";
import { tooManyRequests } from "./problem";

const windowMs = 1000;

/**
 * Limits the calls per second. Further calls get 429 with Retry-After in whole seconds, and do not count. UNDOCUMENTED:
 * ICA's own limits are not published; this is the expected form of its errors.
 */
export function requestLimit(perSecond: number, now: () => number = Date.now): RequestHandler {
  const passed: number[] = [];
  return (_req, _res, next) => {
    const at = now();
    while (passed.length > 0 && (passed[0] ?? 0) <= at - windowMs) {
      passed.shift();
    }
    const [oldest] = passed;
    if (oldest !== undefined && passed.length >= perSecond) {
      const seconds = Math.max(1, Math.ceil((oldest + windowMs - at) / 1000));
      throw tooManyRequests(`At most ${perSecond} calls a second are answered.`, {
        headers: { "Retry-After": String(seconds) },
      });
    }
    passed.push(at);
    next();
  };
}
