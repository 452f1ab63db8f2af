import { createHash } from "node:crypto";
import { z } from "zod";
import { click, danger, drift, finding, image, message, other, pending, policy, resource, workspace } from "./parts";

/** The run of a pipeline that made a preview. Every part is absent where the environment does not say it. */
export const run = z
  .object({
    sha: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/)
      .optional()
      .describe("The commit that was previewed."),
    number: z.number().int().nonnegative().optional().describe("Number of the run: a later run has a higher one."),
    attempt: z.number().int().positive().optional().describe("Which attempt of that run this is, from 1."),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .describe("Page of the run, with its log."),
  })
  .describe("The run of a pipeline that made this preview.");

/** What a preview says, for programs and for the renderers. docs/pull-requests.md explains it. */
export const previewReport = z
  .object({
    version: z.literal(1).describe("Version of this format. Another number may mean anything else."),
    stack: z.object({
      name: z.string().max(300).describe("Name of the stack, without organization and project."),
      project: z.string().max(300).optional().describe("Name of the project. Absent when unknown."),
    }),
    time: z.iso.datetime().describe("When the preview ended."),
    run,
    refreshed: z.boolean().describe("Whether ICA was asked for what it has (`--refresh`)."),
    outcome: z
      .enum(["unchanged", "changes", "dangers", "failed"])
      .describe("The exit codes 0, 2, 3 and 1 of `ica-bench preview`."),
    dangers: z.array(danger),
    clicks: z.array(click),
    images: z.array(image),
    workspaces: z.array(workspace),
    pending: z.array(pending).optional().describe("Changes that wait until people have stopped their workspace."),
    drift: z.array(drift),
    gone: z.array(resource).describe("Resources that were deleted outside this stack."),
    policies: z.array(policy),
    findings: z.array(finding),
    others: z.array(other),
    unchanged: z.number().int().nonnegative().optional().describe("How many resources stay as they are, if known."),
    errors: z.array(message).describe("Why the preview failed."),
    warnings: z.array(message).describe("Warnings of the engine and of providers, word by word."),
    notJudged: z.array(resource).describe("Resources of the stack that a failed preview did not get to."),
  })
  .describe("What a preview of a stack says: ica-bench preview --format json.");

export type PreviewReport = z.infer<typeof previewReport>;
export type Run = z.infer<typeof run>;
export type Resource = z.infer<typeof resource>;
export type Danger = z.infer<typeof danger>;
export type ImageChange = z.infer<typeof image>;
export type WorkspaceChange = z.infer<typeof workspace>;
export type Drift = z.infer<typeof drift>;
export type Message = z.infer<typeof message>;

/**
 * Reads a report from JSON text. Throws an error that says what is wrong with it. The texts in the report are still those of
 * strangers: only the renderers make them safe to show.
 */
export function parseReport(text: string): PreviewReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error("This is not the JSON of a preview's report. Write one with: ica-bench preview --format json", {
      cause,
    });
  }
  const { success, data, error } = previewReport.safeParse(json);
  if (success) {
    return data;
  }
  const other = z.object({ version: z.number() }).safeParse(json);
  if (other.success && other.data.version !== 1) {
    throw new Error(
      `This report has version ${other.data.version}, and this ica-bench reads version 1. Use the same ica-bench for preview and comment.`,
    );
  }
  const [issue] = error.issues;
  throw new Error(
    `This is not a preview's report: ${issue?.path.join(".") || "its top"}: ${issue?.message}. Write one with: ica-bench preview --format json`,
  );
}

/**
 * What distinguishes one stack's comment from another's: a short hash of project and stack. The organization is left out, since a
 * digest of `pulumi preview --json` does not have it.
 */
export function scopeOf({ stack }: Pick<PreviewReport, "stack">): string {
  return createHash("sha256")
    .update(JSON.stringify([stack.project ?? "", stack.name]))
    .digest("hex")
    .slice(0, 16);
}
