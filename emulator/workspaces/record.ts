import { z } from "zod";

/** What a caller decides about a workspace: the body of create and update. */
export const settings = z.strictObject({
  name: z.string().min(1).max(255),
  imageId: z.string(),
  resourceModel: z.string().min(1),
  /** Size of /data. Kept and compared, not enforced: Docker's local volumes have no size. */
  storageSizeInGb: z.int().min(10).max(65_536),
  access: z.strictObject({ web: z.boolean(), console: z.boolean() }),
  network: z.strictObject({
    mode: z.enum(["PUBLIC", "RESTRICTED"]),
    allowedUrls: z.array(z.string().min(1).max(2048)),
  }),
  // Kept, checked and told; nothing in Docker follows from these three.
  cluster: z
    .strictObject({
      scaling: z.enum(["STATIC", "DYNAMIC"]),
      members: z.int().min(0).max(50),
      managerImageId: z.string().optional(),
      managerWebAccess: z.boolean(),
      dedicatedManager: z.boolean(),
    })
    .optional(),
  ephemeralStorage: z.boolean().default(false),
  users: z.enum(["SINGLE", "MULTI"]).default("SINGLE"),
});
export type WorkspaceSettings = z.infer<typeof settings>;

/** A workspace as the emulator keeps it. */
export const workspace = z.object({
  id: z.uuid(),
  timeCreated: z.iso.datetime(),
  timeModified: z.iso.datetime(),
  projectId: z.string(),
  /** What ICA_WORKSPACE tells and the web address contains: eight digits, bound to the workspace for good. */
  number: z.string().regex(/^[1-9]\d{7}$/),
  settings,
  status: z.enum(["Stopped", "Starting", "Running", "Stopping", "Failed"]),
  statusMessage: z.string().optional(),
  /** Where the console was last; taken again when it is free, so that a client's known hosts stay right. */
  consolePort: z.int().optional(),
  /** The request that made it, by the Idempotency-Key helper's name for it. */
  requestId: z.string().optional(),
  /** Answers 404 already; what is left of it in Docker is being removed. */
  deleted: z.boolean().optional(),
});
export type WorkspaceRecord = z.infer<typeof workspace>;
export type WorkspaceStatus = WorkspaceRecord["status"];

/** The same record in another state. The message of the former state goes. */
export function inState(record: WorkspaceRecord, status: WorkspaceStatus, statusMessage?: string): WorkspaceRecord {
  const { statusMessage: _former, ...rest } = record;
  return { ...rest, status, ...(statusMessage === undefined ? {} : { statusMessage }) };
}
