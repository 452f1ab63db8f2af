import { z } from "zod";

/** The kinds of faults. */
const fault = z.discriminatedUnion("kind", [
  /** Responds with an error instead of carrying the request out. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(400).max(599),
    /** The message of the error. */
    detail: z.string().max(1000).optional(),
    /** Seconds, for `Retry-After`. */
    retryAfter: z.int().min(0).max(86_400).optional(),
  }),
  /** Carries the request out after a delay, in milliseconds. */
  z.strictObject({ kind: z.literal("delay"), ms: z.int().min(1).max(3_600_000) }),
  /** Resets the connection instead of carrying the request out. */
  z.strictObject({ kind: z.literal("reset") }),
  /** Carries the request out, then resets the connection before the answer. */
  z.strictObject({ kind: z.literal("drop") }),
  /** Makes the token or temporary credentials of the request expire at once. */
  z.strictObject({ kind: z.literal("expiry") }),
]);

/** A fault to inject, for testing clients of ICA. */
export const faultOrder = z.strictObject({
  /** Default: any method. */
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  /**
   * Pattern for the whole path: of a REST call as documented, otherwise from `/s3/` on. `*` matches any text. Default:
   * any path.
   */
  path: z.string().min(1).max(2000).default("*"),
  /** The number of matching requests that pass before the first fault. */
  after: z.int().min(0).max(1_000_000).default(0),
  /** The number of requests that the fault applies to. */
  times: z.int().min(1).max(1_000_000).default(1),
  fault,
});

/** An injected fault, with the number of requests that it has applied to so far. */
export const standingOrder = faultOrder.extend({ id: z.string(), happened: z.int() });

export type Fault = z.infer<typeof fault>;
export type FaultOrder = z.infer<typeof faultOrder>;
export type StandingOrder = z.infer<typeof standingOrder>;
