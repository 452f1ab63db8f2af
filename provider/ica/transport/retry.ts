/** When a failed call is worth another try, and after how long. Pure, so that it is tested without a server. */

/** How often, and how long at the most. */
export interface RetryPolicy {
  /** Tries in all, the first included. Default 6. */
  readonly attempts: number;
  /** Milliseconds before the second try; doubles from then on. Default 500. */
  readonly baseMs: number;
  /** Milliseconds between two tries at the most. A longer Retry-After of ICA is honoured up to `longestRetryAfterMs`. Default 20 000. */
  readonly capMs: number;
  /** Milliseconds that a Retry-After may ask for before the call fails instead. Default 120 000. */
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
   * No answer. `sent`: false when the connection was never made, so nothing can have happened at the other end. `lasting`: true
   * when another try would meet the same.
   */
  | { readonly sent: boolean; readonly lasting?: boolean };

/**
 * Milliseconds to wait before try number `attempt + 1`, or undefined to give up. A call that is not `repeatable` (it
 * would do its work twice) is only tried again when ICA certainly did not do it: a refused connection or a 429.
 */
export function retryDelay(
  failure: Failure,
  attempt: number,
  repeatable: boolean,
  policy: RetryPolicy,
  random: () => number,
  now: number,
): number | undefined {
  if (attempt >= policy.attempts || !worthIt(failure, repeatable)) return undefined;
  const backoff = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  const jittered = backoff / 2 + (backoff / 2) * random();
  const asked = "status" in failure ? retryAfterMs(failure.retryAfter, now) : undefined;
  if (asked === undefined) return jittered;
  // Jitter on top, never below what ICA asked for: many clients must not come back in the same instant. Nor below the own
  // backoff: "Retry-After: 0" must not use up all tries within a second.
  return asked > policy.longestRetryAfterMs ? undefined : Math.max(jittered, asked + policy.baseMs * random());
}

function worthIt(failure: Failure, repeatable: boolean): boolean {
  if (!("status" in failure)) return failure.lasting !== true && (repeatable || !failure.sent);
  if (failure.status === 429) return true;
  return repeatable && (failure.status === 408 || failure.status >= 500) && failure.status !== 501;
}

/** Milliseconds that a Retry-After header asks for: whole seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
