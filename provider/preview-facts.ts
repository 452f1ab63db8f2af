import { z } from "zod";

/**
 * Facts about a preview that only the provider has, for `ica-bench preview`: docs/pull-requests.md, "The channel of facts". The
 * engine shows what changes, but not what the provider saw in ICA and in the files of an image.
 */

/** Name of the environment variable with the path of the file that takes the facts. */
export const factsVariable = "PULUMI_ICA_PREVIEW_FACTS";

/** Why an image gets new content. */
export const rebuildReason = z.discriminatedUnion("kind", [
  z
    .object({ kind: z.literal("from"), before: z.string().optional(), after: z.string().optional() })
    .describe("A FROM line of the Dockerfile."),
  z.object({ kind: z.literal("dockerfile") }).describe("The Dockerfile changed, but none of its FROM lines."),
  z
    .object({
      kind: z.literal("path"),
      path: z.string().describe("In the context. Ends with a slash for a folder; empty for the context itself."),
      what: z.enum(["changed", "removed", "added"]),
      directly: z.boolean().optional().describe("Only files directly in this folder."),
      files: z.number().optional().describe("Number of files in a folder that was added or removed."),
    })
    .describe("A file or folder of the context."),
  z
    .object({ kind: z.literal("declared"), field: z.string(), what: z.enum(["changed", "removed", "added"]) })
    .describe("A build option of the program, such as `build.args.R_VERSION`. Never its value."),
  z
    .object({ kind: z.literal("localImage"), before: z.string(), after: z.string() })
    .describe("The local image has other content."),
  z.object({ kind: z.literal("source"), now: z.enum(["build", "image", "other"]) }).describe("Another kind of source."),
  z.object({ kind: z.literal("unrecorded") }).describe("Content changed that the state has no record of."),
  z.object({ kind: z.literal("noRecord") }).describe("Which files changed is unknown: the state has no record."),
  z.object({ kind: z.literal("notHere") }).describe("The files are not on this machine."),
  z.object({ kind: z.literal("more"), count: z.number() }).describe("Further reasons that are left out."),
]);

export type RebuildReason = z.infer<typeof rebuildReason>;

const likelihood = z.enum(["no", "perhaps", "yes"]);

/** What the provider saw of one resource. */
const fact = z.discriminatedUnion("kind", [
  z
    .object({
      kind: z.literal("plan"),
      action: z.enum([
        ...(["none", "update in place", "defer", "restart", "stop then change", "start", "stop"] as const),
        ...(["replace", "gone", "finish restart", "wait"] as const),
      ]),
      certain: z.boolean().describe("False when the action depends on values that are not known yet."),
      presence: z.enum(["there", "gone", "not looked at"]).describe("Whether ICA has the workspace."),
      status: z.string().optional().describe("ICA's word for its state at the moment of the preview."),
      losesData: likelihood,
      disconnects: likelihood,
      deferred: z
        .array(z.string())
        .optional()
        .describe("The fields whose change waits until the workspace is stopped."),
      laterRefusals: z
        .array(z.object({ field: z.string(), reason: z.string(), certain: z.boolean() }))
        .describe("What only `pulumi up` refuses."),
    })
    .describe("What a change of a workspace comes to, with the workspace as ICA has it."),
  z.object({ kind: z.literal("rebuild"), reasons: z.array(rebuildReason) }).describe("Why the image gets new content."),
  z
    .object({ kind: z.literal("published"), there: z.boolean() })
    .describe("Whether ICA has this version of the image already, so that nothing is built or uploaded."),
  z
    .object({
      kind: z.literal("finding"),
      code: z.string(),
      severity: z.enum(["error", "warning", "note"]),
      file: z.string().describe("Absolute path."),
      line: z.number().int().positive(),
      message: z.string(),
      fix: z.string(),
    })
    .describe("What Bench would refuse, or may refuse, in the files of an image."),
]);

export type Fact = z.infer<typeof fact>;

/** One line of the file. */
export const factLine = z.object({ v: z.literal(1), urn: z.string(), fact });
