import { retryAfterMs } from "../../../provider/ica/transport/retry";
import { longestWaitMs } from "../keep-one";
import type { GithubFailure } from "./octokit";

/**
 * GitHub's rate limits (docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). It refuses with 403 or 429
 * and says in the headers when to come back. A secondary limit may say nothing: then a minute is what GitHub asks for.
 */

const usualMs = 60_000;

/** Milliseconds until GitHub takes calls again; undefined when the failure is no rate limit. */
export function limitedMs({ status, message, headers }: GithubFailure, now: number): number | undefined {
  if (status !== 403 && status !== 429) {
    return undefined;
  }
  const asked = retryAfterMs(headers["retry-after"], now);
  if (asked !== undefined) {
    return asked;
  }
  const reset = headers["x-ratelimit-reset"];
  if (headers["x-ratelimit-remaining"] === "0" && reset !== undefined && /^\d+$/.test(reset)) {
    return Math.max(0, Number(reset) * 1000 - now) + 1000;
  }
  return status === 429 || /rate limit/i.test(message) ? usualMs : undefined;
}

/** Seconds after which a read is worth another try; undefined when it is not, or only after a long time. */
export function secondsOff(failure: GithubFailure, now: number): number | undefined {
  const ms = limitedMs(failure, now);
  return ms === undefined || ms > longestWaitMs ? undefined : Math.ceil(ms / 1000);
}
