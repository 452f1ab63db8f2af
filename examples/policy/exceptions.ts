import type { PolicyConfigSchema, ReportViolation } from "@pulumi/policy";

/** A resource that may violate a policy. */
export interface Exception {
  /**
   * The resource's kind and name in the program, such as `Workspace teaching`. If another stack has a resource of the same
   * kind and name: the resource's URN.
   */
  readonly resource: string;
  /** Why, for the next reader of the configuration. */
  readonly reason: string;
  /** The last day on which the exception applies (`2026-12-31`, UTC). Default: no end. */
  readonly until?: string;
}

/** The property `exceptions` of each policy's configuration. */
export const exceptions: PolicyConfigSchema["properties"][string] = {
  type: "array",
  default: [],
  items: {
    type: "object",
    additionalProperties: false,
    required: ["resource", "reason"],
    properties: {
      resource: { type: "string", minLength: 1 },
      reason: { type: "string", minLength: 1 },
      until: { type: "string", pattern: "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$" },
    },
  },
};

/** What the exceptions say about a resource. */
export type Ruling =
  | { readonly excused: true }
  /** `ended`: the last day of an exception that has ended. */
  | { readonly excused: false; readonly ended?: string };

/** Looks for the resource's exception. `today` is a day as `2026-12-31`. */
export function rulingOn(
  list: readonly Exception[],
  resource: { readonly type: string; readonly name: string; readonly urn: string },
  today: string,
): Ruling {
  const kind = resource.type.split(":").at(-1);
  const own = list.filter((one) => one.resource === `${kind} ${resource.name}` || one.resource === resource.urn);
  if (own.some(({ until }) => until === undefined || today <= until)) return { excused: true };
  const ended = own
    .flatMap(({ until }) => until ?? [])
    .sort()
    .at(-1);
  return ended === undefined ? { excused: false } : { excused: false, ended };
}

/** Reports a problem, unless the policy's configuration has an exception for the resource. */
export function reportUnlessExcused(
  resource: { readonly type: string; readonly name: string; readonly urn: string },
  list: readonly Exception[],
  report: ReportViolation,
  problem: string,
): void {
  const ruling = rulingOn(list, resource, new Date().toISOString().slice(0, 10));
  if (ruling.excused) return;
  report(ruling.ended === undefined ? problem : `${problem} Its exception ended on ${ruling.ended}.`, resource.urn);
}
