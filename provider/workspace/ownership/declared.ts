import { isDeepStrictEqual } from "node:util";
import type { Workspace } from "../../ica/workspaces";
import type { WorkspaceInputs } from "../inputs";
import { describe, settingsOf } from "../state";

/** Whether the workspace has all the declared settings. */
export function isDeclared(live: Workspace, inputs: WorkspaceInputs): boolean {
  return isDeepStrictEqual(settingsOf(describe(live, inputs)), settingsOf(inputs));
}
