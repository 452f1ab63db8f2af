import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import type { WorkspaceArgs } from "../../../sdk/workspace";

/** A change that a user makes to the program. */
export interface DeclaredChange {
  /** The words of the table for this kind of change. */
  readonly when: string;
  readonly before?: Partial<WorkspaceArgs>;
  /** Absent: `before` is no longer declared. */
  readonly after?: Partial<WorkspaceArgs>;
  /** What differs in ICA afterwards, in ICA's words. */
  readonly sent?: Record<string, unknown>;
}

const cluster = { scaling: "STATIC", members: 2, managerWebAccess: false, dedicatedManager: false };
const restricted = (allowedUrls: string[]) => ({ mode: "RESTRICTED", allowedUrls });

/**
 * For every field and every rule of the table at least one change, with values that the emulator takes. `existingId` and
 * `desiredState` depend on the workspace, and are made where they are used.
 */
export function fieldChanges(
  images: { readonly second: string },
  otherName: string,
): Readonly<Record<Exclude<keyof WorkspaceInputs, "existingId" | "desiredState">, readonly DeclaredChange[]>> {
  return {
    name: [{ when: "any", after: { name: otherName }, sent: { name: otherName } }],
    projectId: [{ when: "any", after: { projectId: "22222222-2222-4222-8222-222222222222" } }],
    image: [{ when: "any", after: { image: images.second }, sent: { imageId: images.second } }],
    resourceModel: [
      { when: "any", after: { resourceModel: "standard-large" }, sent: { resourceModel: "standard-large" } },
    ],
    storageGb: [
      { when: "less", after: { storageGb: 10 }, sent: { storageSizeInGb: 10 } },
      { when: "more", after: { storageGb: 30 }, sent: { storageSizeInGb: 30 } },
    ],
    ephemeralStorage: [
      { when: "another value", after: { ephemeralStorage: true }, sent: { ephemeralStorage: true } },
      { when: "no longer declared", before: { ephemeralStorage: true } },
    ],
    access: [
      { when: "any", after: { access: { web: true, console: true } }, sent: { access: { web: true, console: true } } },
    ],
    users: [
      { when: "another value", after: { users: "multi" }, sent: { users: "MULTI" } },
      { when: "no longer declared", before: { users: "multi" } },
    ],
    network: [{ when: "any", after: { network: "public" }, sent: { network: { mode: "PUBLIC", allowedUrls: [] } } }],
    allowedUrls: [
      {
        when: "any",
        after: { allowedUrls: ["https://cran.r-project.org"] },
        sent: { network: restricted(["https://cran.r-project.org"]) },
      },
    ],
    cluster: [
      { when: "any", after: { cluster: { members: 2 } }, sent: { cluster } },
      {
        when: "any",
        before: { cluster: { members: 2 } },
        after: { cluster: { maxMembers: 9, managerWeb: true, dedicatedManager: true } },
        sent: { cluster: { scaling: "DYNAMIC", members: 9, managerWebAccess: true, dedicatedManager: true } },
      },
      { when: "any", before: { cluster: { members: 2 } }, sent: { cluster: undefined } },
    ],
    whileRunning: [{ when: "any", after: { whileRunning: "restart" } }],
    allowRestart: [{ when: "any", after: { allowRestart: false } }],
    allowDataLoss: [{ when: "any", after: { allowDataLoss: false } }],
    timeouts: [{ when: "any", after: { timeouts: { update: "30m" } } }],
  };
}
