import { z } from "zod";

/** What goes wrong. */
const fault = z.discriminatedUnion("kind", [
  /** Answered with an error, and not carried out. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(400).max(599),
    /** What the error says. */
    detail: z.string().max(1000).optional(),
    /** Seconds, for `Retry-After`. */
    retryAfter: z.int().min(0).max(86_400).optional(),
  }),
  /** Carried out as always, but this much later; in milliseconds. */
  z.strictObject({ kind: z.literal("delay"), ms: z.int().min(1).max(3_600_000) }),
  /** The connection is reset; nothing is carried out. */
  z.strictObject({ kind: z.literal("reset") }),
  /** Carried out, but the connection is reset before the answer. */
  z.strictObject({ kind: z.literal("drop") }),
  /** The token or the temporary credentials that the request brings expire at this moment. */
  z.strictObject({ kind: z.literal("expiry") }),
]);

/** Something that is to go wrong, for tests of what depends on ICA. */
export const faultOrder = z.strictObject({
  /** Default: every method. */
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  /** The whole path, of a REST call as the documents have it, else from `/s3/` on; `*` is any text. Default: every path. */
  path: z.string().min(1).max(2000).default("*"),
  /** How many of the requests that match pass before the first fault. */
  after: z.int().min(0).max(1_000_000).default(0),
  /** How many requests it happens to. */
  times: z.int().min(1).max(1_000_000).default(1),
  fault,
});

/** An order, and to how many requests it happened so far. */
export const standingOrder = faultOrder.extend({ id: z.string(), happened: z.int() });

export type Fault = z.infer<typeof fault>;
export type FaultOrder = z.infer<typeof faultOrder>;
export type StandingOrder = z.infer<typeof standingOrder>;
