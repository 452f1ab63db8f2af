import { z } from "zod";

/** The caller's settings of a workspace: the body of create and update. */
export const settings = z.strictObject({
  name: z.string().min(1).max(255),
  imageId: z.string(),
  resourceModel: z.string().min(1),
  /** Size of /data. Stored and compared but not enforced, because Docker's local volumes have no size. */
  storageSizeInGb: z.int().min(10).max(65_536),
  access: z.strictObject({ web: z.boolean(), console: z.boolean() }),
  network: z.strictObject({
    mode: z.enum(["PUBLIC", "RESTRICTED"]),
    allowedUrls: z.array(z.string().min(1).max(2048)),
  }),
  // Stored, checked and returned; these three have no effect in Docker.
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

/** A workspace as the emulator stores it. */
export const workspace = z.object({
  id: z.uuid(),
  timeCreated: z.iso.datetime(),
  timeModified: z.iso.datetime(),
  projectId: z.string(),
  /** The value of ICA_WORKSPACE, also in the web address: eight digits that never change. */
  number: z.string().regex(/^[1-9]\d{7}$/),
  settings,
  status: z.enum(["Stopped", "Starting", "Running", "Stopping", "Failed"]),
  statusMessage: z.string().optional(),
  /** The last port of the console, reused when free, so that clients' known hosts stay valid. */
  consolePort: z.int().optional(),
  /** Id of the creating request, from the Idempotency-Key helper. */
  requestId: z.string().optional(),
  /** Calls return 404 already, while Docker still removes what is left. */
  deleted: z.boolean().optional(),
});
export type WorkspaceRecord = z.infer<typeof workspace>;
export type WorkspaceStatus = WorkspaceRecord["status"];

/** The same record in another state, without the message of the previous one. */
export function inState(record: WorkspaceRecord, status: WorkspaceStatus, statusMessage?: string): WorkspaceRecord {
  const { statusMessage: _former, ...rest } = record;
  return { ...rest, status, ...(statusMessage === undefined ? {} : { statusMessage }) };
}
