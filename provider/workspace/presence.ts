import type { Context } from "../context";
import { IcaError } from "../ica/error";
import type { Workspace } from "../ica/workspaces";

/** Undefined when it is gone. A 404 counts only from a server that does serve workspaces: a wrong address must not empty a stack. */
export async function lookUp(
  context: Context,
  projectId: string,
  id: string,
  when: "now" | "recent" = "now",
): Promise<Workspace | undefined> {
  try {
    return await context.client.workspaceReads[when](projectId, id);
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isNotFound) throw error;
    await context.client.workspaces.confirmServed(projectId);
    return undefined;
  }
}
