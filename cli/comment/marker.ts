import { createHash } from "node:crypto";
import { z } from "zod";

/**
 * The hidden first line of a comment: which stack the comment is about, and which run wrote it. Nothing in it comes from
 * the report, except the hash that stands for the stack.
 */

const form = z.object({
  v: z.literal(1),
  stack: z.string().regex(/^[0-9a-f]{8,64}$/),
  sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional(),
  run: z.int().nonnegative().optional(),
  attempt: z.int().nonnegative().optional(),
  workflow: z
    .string()
    .regex(/^[0-9a-f]{8}$/)
    .optional(),
});

/** What a comment says of itself. */
export type Marker = z.infer<typeof form>;

/** The run of a pipeline, as its environment says. A part that is not known is absent. */
export interface Run {
  /** The commit that was previewed. */
  readonly sha?: string;
  /** A later run has a higher number, as long as it is one of the same workflow. */
  readonly number?: number;
  /** Another try of the same run has a higher number. */
  readonly attempt?: number;
  /** What numbers the runs: the path of a workflow, for example. */
  readonly workflow?: string;
  /** Page of the run, with its log. */
  readonly url?: string;
}

const start = "<!-- pulumi-ica:preview ";
const end = " -->";

/** The marker of a stack's comment. `stack` is the hash of `scopeOf`. */
export function markerFor(stack: string, { sha, number, attempt, workflow }: Run): Marker {
  return {
    v: 1,
    stack,
    ...(sha === undefined ? {} : { sha }),
    ...(number === undefined ? {} : { run: number }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(workflow === undefined ? {} : { workflow: createHash("sha256").update(workflow).digest("hex").slice(0, 8) }),
  };
}

/** The marker as a line. */
export function markerLine(marker: Marker): string {
  return `${start}${JSON.stringify(form.parse(marker))}${end}`;
}

/** The marker in the first line of a comment; undefined when there is none. */
export function markerIn(body: string): Marker | undefined {
  const line = body.split(/\r?\n/, 1)[0] ?? "";
  if (!line.startsWith(start) || !line.endsWith(end)) {
    return undefined;
  }
  try {
    return form.safeParse(JSON.parse(line.slice(start.length, -end.length))).data;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Above 0 when `a` is of a later run than `b`, below 0 when it is of an earlier one. 0 for the same run, and where nothing
 * shows which one is later: runs of two workflows, or runs without a number.
 */
export function compareRuns(a: Marker, b: Marker): number {
  if (a.workflow !== b.workflow || a.run === undefined || b.run === undefined) {
    return 0;
  }
  return a.run - b.run || (a.attempt ?? 0) - (b.attempt ?? 0);
}
