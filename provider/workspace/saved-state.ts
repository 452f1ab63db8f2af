import { z } from "zod";
import type { Saved } from "../handler";
import { parseSaved } from "../inputs/saved";
import type { WorkspaceInputs } from "./inputs";

/** What the engine keeps of a workspace, in the form of this version. */

const described = {
  name: z.string(),
  projectId: z.string(),
  image: z.string(),
  resourceModel: z.string(),
  storageGb: z.number(),
  ephemeralStorage: z.boolean().optional(),
  access: z.object({ web: z.boolean().default(false), console: z.boolean().default(false) }),
  users: z.enum(["single", "multi"]).optional(),
  network: z.enum(["public", "restricted"]),
  allowedUrls: z.array(z.string()).optional(),
  cluster: z
    .object({
      members: z.number().optional(),
      maxMembers: z.number().optional(),
      managerImage: z.string().optional(),
      managerWeb: z.boolean().default(false),
      dedicatedManager: z.boolean().default(false),
    })
    .optional(),
  /** After a read also one that cannot be declared, such as `failed`. */
  desiredState: z.string().optional(),
  allowRestart: z.boolean().default(false),
  allowDataLoss: z.boolean().default(false),
  whileRunning: z.enum(["refuse", "restart", "defer"]).optional(),
  existingId: z.string().optional(),
  timeouts: z
    .object({ create: z.string().optional(), update: z.string().optional(), delete: z.string().optional() })
    .optional(),
} satisfies Record<keyof WorkspaceInputs, z.ZodType>;

/** What ICA reports in addition to the inputs. */
const outputs = {
  workspaceId: z.string(),
  status: z.string().default("Unknown"),
  webUrl: z.string().optional(),
  consoleHost: z.string().optional(),
  consolePort: z.int().optional(),
  /** The declared values that wait until the workspace is stopped (`whileRunning: "defer"`), by field. */
  pendingChanges: z.record(z.string(), z.unknown()).optional(),
  /**
   * Set when a change stopped the workspace, or was about to, and then failed. The workspace must run again, even if no run
   * state is declared.
   */
  restarting: z.literal(true).optional(),
  /** The id of the adoption by which the resource got a workspace that it did not create. */
  adoption: z.string().optional(),
};

/** All fields of a saved state. */
export const workspaceState = { ...described, ...outputs };

/** The inputs that describe a workspace in ICA. */
export type DescribedWorkspace = Readonly<z.output<z.ZodObject<typeof described>>>;

/** The saved state of a workspace: the applied inputs (after a read: ICA's values), and what ICA reports. */
export type WorkspaceState = DescribedWorkspace & Readonly<z.output<z.ZodObject<typeof outputs>>>;

/** The inputs that an earlier check returned, or a refresh found. */
export function parseDescribed(saved: Saved): DescribedWorkspace {
  return parseSaved("Workspace", described, saved);
}

/** The saved state of the workspace with this id. */
export function parseState(id: string, saved: Saved): WorkspaceState {
  return parseSaved("Workspace", workspaceState, { workspaceId: id, ...saved });
}

/** The inputs within a state. */
export function inputsOf(state: WorkspaceState): DescribedWorkspace {
  return z.object(described).parse(state);
}
