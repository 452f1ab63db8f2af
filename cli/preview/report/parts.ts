import { z } from "zod";
import { rebuildReason } from "../../../provider/preview-facts";

/** The parts of a preview's report. Texts in it may come from anyone: every renderer escapes all of them. */

/** A text from an untrusted source. The report keeps at most this many characters of it. */
export const longestText = 4000;
const text = z.string().max(longestText + 1);

export const resource = z
  .object({
    urn: text.describe("Pulumi's name of the resource."),
    type: text.describe("Type token, for example `pulumi-nodejs:dynamic/ica:Workspace`."),
    name: text.describe("Name in the program: the last part of the URN."),
  })
  .describe("A resource of the stack.");

export const fieldChange = z
  .object({
    field: text.describe("Name of the input."),
    before: text.optional().describe("The value before, as text. Absent when there was none, and for a secret."),
    after: text
      .optional()
      .describe("The value after, as text. Absent when there is none, when it is not known yet, and for a secret."),
    beforeName: text.optional().describe("Of an image id before: name and version, when the stack has the image."),
    afterName: text.optional().describe("Of an image id after: name and version, when the stack has the image."),
    secret: z.literal(true).optional().describe("Set for a secret: only that it changes is said."),
    unknown: z.literal(true).optional().describe("Set when the new value is known only during `pulumi up`."),
    effect: z
      .enum(["none", "in place", "restart", "run state", "replace"])
      .optional()
      .describe("What the change does to a workspace (docs/workspaces.md)."),
    why: text.optional().describe('Completes the sentence "because …".'),
  })
  .describe("An input that gets another value.");

export const operation = z
  .enum(["create", "update", "replace", "delete", "forget", "import", "read"])
  .describe("What `pulumi up` does. `forget`: the stack lets go of the resource, which stays (retainOnDelete).");

export const danger = z
  .discriminatedUnion("kind", [
    z
      .object({
        kind: z.literal("dataLost"),
        resource,
        how: z
          .enum(["replaced", "deleted", "left over"])
          .describe(
            "`left over`: an earlier `pulumi up` replaced the workspace, and failed before it deleted this one.",
          ),
        storageGb: z.number().optional().describe("Size of the disk that is lost."),
        changes: z.array(fieldChange).describe("The changes that force the replacement."),
        certain: z.boolean().describe("False when it depends on values that are not known yet."),
        allowed: z.boolean().describe("Whether the program declares allowDataLoss."),
      })
      .describe("All that is in the /data of a workspace is lost."),
    z
      .object({
        kind: z.literal("disconnected"),
        resource,
        how: z.enum(["restart", "stop"]),
        status: text.optional().describe("What ICA says of the workspace now. Absent when that is not known."),
        certain: z.boolean().describe("False when it depends on a value that is not known yet, or on the run state."),
        changes: z.array(fieldChange),
      })
      .describe("People who work in a workspace are disconnected. Its /data stays."),
    z
      .object({
        kind: z.literal("refused"),
        resource,
        certain: z.boolean().describe("False when it depends on values that are not known yet."),
        refusals: z.array(z.object({ field: text, reason: text })).describe("What is refused, field by field."),
        changes: z.array(fieldChange),
      })
      .describe("`pulumi up` refuses this change although the preview passes."),
  ])
  .describe("What a reviewer must not overlook.");

export const click = z
  .object({
    resource,
    setting: z.enum(["web", "console", "clusterCompatible"]),
    declared: z.boolean(),
    reported: z.boolean().optional().describe("What ICA says now. Absent for an image that is yet to be made."),
  })
  .describe("A setting that only a person can change, on the image's page in ICA.");

export const image = z
  .object({
    resource,
    op: operation,
    name: text.optional(),
    version: z.object({ before: text.optional(), after: text.optional() }),
    reasons: z.array(rebuildReason).describe("Why new content is published."),
    archiveBytes: z.number().optional().describe("Size of the archive of the version before."),
    upload: z
      .enum(["expected", "none", "unknown"])
      .describe("Whether `pulumi up` uploads an archive. `unknown`: ICA was not asked for this version."),
    regions: z.object({ before: z.array(text), after: z.array(text) }),
    changes: z.array(fieldChange).describe("Other inputs that change."),
  })
  .describe("A BenchImage that changes.");

export const workspace = z
  .object({
    resource,
    op: operation,
    name: text.optional(),
    status: text.optional().describe("What ICA says of it now, or said last."),
    changes: z.array(fieldChange),
  })
  .describe("A Workspace that changes.");

export const pending = z
  .object({ resource, fields: z.array(text) })
  .describe("A Workspace that runs, and whose change waits until people have stopped it.");

export const drift = z
  .object({
    resource,
    fields: z.array(
      z.object({
        field: text,
        inIca: text.optional(),
        declared: text.optional(),
        secret: z.literal(true).optional(),
        putBack: z.boolean().describe("Whether `pulumi up` puts the declared value back."),
      }),
    ),
  })
  .describe("A manual change, made outside this stack.");

export const policy = z.object({
  resource: resource.optional(),
  pack: text,
  policy: text,
  level: z.enum(["advisory", "mandatory"]),
  message: text,
});

export const finding = z
  .object({
    resource: resource.optional(),
    code: text.describe("Rule of the contract, for example ICA004 (docs/image-contract.md)."),
    severity: z.enum(["error", "warning", "note"]),
    file: text,
    line: z.number().int().positive(),
    message: text,
    fix: text,
  })
  .describe("What Bench would refuse, or may refuse, in an image's files.");

export const other = z
  .object({ resource, op: operation, changes: z.array(fieldChange) })
  .describe("A resource of another kind, of any provider.");

export const message = z.object({ resource: resource.optional(), message: text });
