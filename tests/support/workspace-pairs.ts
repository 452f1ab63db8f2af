import fc from "fast-check";
import type { Workspace } from "../../provider/ica/workspaces";
import { checkWorkspace, type WorkspaceInputs } from "../../provider/workspace/inputs";
import { settingsOf } from "../../provider/workspace/state";
import { projectId } from "./context";
import { workspaceInputs } from "./factories";

/** Declarations of one workspace that differ in any of their fields. */
export const anyInputs: fc.Arbitrary<WorkspaceInputs> = fc
  .record(
    {
      name: fc.constantFrom("genomics", "renamed"),
      image: fc.constantFrom("image-1", "image-2"),
      resourceModel: fc.constantFrom("standard-small", "gpu-small"),
      storageGb: fc.constantFrom(64, 128),
      access: fc.constantFrom({ web: true, console: false }, { web: true, console: true }),
      ephemeralStorage: fc.boolean(),
      users: fc.constantFrom("single" as const, "multi" as const),
      cluster: fc.constantFrom({ members: 2, managerWeb: false, dedicatedManager: false }),
      desiredState: fc.constantFrom("running" as const, "stopped" as const),
      allowRestart: fc.boolean(),
      allowDataLoss: fc.boolean(),
      existingId: fc.constantFrom("ws-1", "ws-2"),
      timeouts: fc.constant({ update: "1h" }),
      urls: fc.constantFrom<string[] | undefined>(undefined, ["https://cran.r-project.org"], ["https://pypi.org"]),
    },
    {
      requiredKeys: ["name", "image", "resourceModel", "storageGb", "access", "allowRestart", "allowDataLoss", "urls"],
    },
  )
  .map(({ urls, ...fields }) =>
    urls === undefined
      ? withoutUrls(workspaceInputs({ ...fields, network: "public" }))
      : workspaceInputs({ ...fields, network: "restricted", allowedUrls: urls }),
  );

function withoutUrls({ allowedUrls: _, ...rest }: WorkspaceInputs): WorkspaceInputs {
  return rest;
}

/** Two declarations that differ in a few fields, as two commits of a program do. */
export const inputPairs: fc.Arbitrary<readonly [WorkspaceInputs, WorkspaceInputs]> = fc
  .tuple(anyInputs, anyInputs)
  .chain(([before, other]) =>
    fc
      .subarray(["network", ...Object.keys({ ...before, ...other }).filter((field) => !urlFields.includes(field))])
      .map((fields) => [before, mixed(before, other, fields)] as const),
  );

const urlFields = ["network", "allowedUrls"];

function mixed(before: WorkspaceInputs, other: WorkspaceInputs, fields: readonly string[]): WorkspaceInputs {
  const taken = fields.includes("network") ? [...fields, ...urlFields] : fields;
  const kept = Object.entries(before).filter(([field]) => !taken.includes(field));
  const changed = Object.entries(other).filter(([field]) => taken.includes(field));
  return checkWorkspace({ projectId }, Object.fromEntries([...kept, ...changed])).inputs;
}

export const statuses = fc.constantFrom("Running", "Stopped", "Starting", "Stopping", "Failed", "Hibernating");

/** The workspace in ICA that these inputs describe. ICA fills in what they leave out. */
export function liveFrom(inputs: WorkspaceInputs, status: string): Workspace {
  return { ephemeralStorage: false, users: "SINGLE", ...settingsOf(inputs), id: "ws-1", status };
}
