/** When to retry a failed call, and after how long. Pure functions, so tests need no server. */

/** How often to try, and how long to wait. */
export interface RetryPolicy {
  /** Number of tries, including the first. Default 6. */
  readonly attempts: number;
  /** Milliseconds before the second try; doubles from then on. Default 500. */
  readonly baseMs: number;
  /**
   * Longest wait between two tries, in milliseconds. A longer Retry-After from ICA applies up to `longestRetryAfterMs`.
   * Default 20 000.
   */
  readonly capMs: number;
  /** Longest Retry-After in milliseconds; with a longer one the call fails instead. Default 120 000. */
  readonly longestRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 6,
  baseMs: 500,
  capMs: 20_000,
  longestRetryAfterMs: 120_000,
};

/** Why a try failed. */
export type Failure =
  | { readonly status: number; readonly retryAfter: string | undefined }
  /**
   * No response. `sent` is false when no connection was made, so nothing can have happened at the other end. `lasting` is
   * true when another try would fail the same way.
   */
  | { readonly sent: boolean; readonly lasting?: boolean };

/**
 * Milliseconds to wait before try number `attempt + 1`, or undefined to give up. A call that is not `repeatable` (it would
 * do its work twice) is only repeated when ICA certainly did nothing: after a refused connection or a 429.
 */
export function retryDelay(
  failure: Failure,
  attempt: number,
  repeatable: boolean,
  policy: RetryPolicy,
  random: () => number,
  now: number,
): number | undefined {
  if (attempt >= policy.attempts || !worthIt(failure, repeatable)) {
    return undefined;
  }
  const backoff = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  const jittered = backoff / 2 + (backoff / 2) * random();
  const asked = "status" in failure ? retryAfterMs(failure.retryAfter, now) : undefined;
  if (asked === undefined) {
    return jittered;
  }
  // Jitter is added on top and never goes below ICA's Retry-After, so that many clients do not return at the same moment. It
  // also never goes below the backoff: "Retry-After: 0" must not use up all tries within a second.
  return asked > policy.longestRetryAfterMs ? undefined : Math.max(jittered, asked + policy.baseMs * random());
}

function worthIt(failure: Failure, repeatable: boolean): boolean {
  if (!("status" in failure)) {
    return failure.lasting !== true && (repeatable || !failure.sent);
  }
  if (failure.status === 429) {
    return true;
  }
  return repeatable && (failure.status === 408 || failure.status >= 500) && failure.status !== 501;
}

/** Milliseconds that a Retry-After header asks for: whole seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) {
    return undefined;
  }
  const text = header.trim();
  if (/^\d+$/.test(text)) {
    return Number(text) * 1000;
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
