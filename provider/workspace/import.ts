import type { Context } from "../context";
import type { Live } from "../handler";
import { importId } from "../inputs/import-id";
import { lookUp } from "./presence";
import { type DescribedWorkspace, describe, stateOf, type WorkspaceState } from "./state";

/**
 * The workspace that `pulumi import` names, with inputs that declare it as it is. The run state is left out, so that the
 * import never starts or stops anything, and so are the permissions to restart it and to lose its /data.
 */
export async function importWorkspace(
  context: Context,
  name: string,
): Promise<(Live<WorkspaceState> & { readonly id: string }) | undefined> {
  const { projectId, id } = importId(name, context.config.projectId);
  const live = await lookUp(context, projectId, id);
  if (live === undefined) {
    return undefined;
  }
  const { ephemeralStorage, users } = live;
  const blank: DescribedWorkspace = {
    name: live.name,
    projectId,
    image: live.imageId,
    resourceModel: live.resourceModel,
    storageGb: live.storageSizeInGb,
    access: live.access,
    network: "public",
    // With a value, ICA's is described.
    ...(ephemeralStorage == null ? {} : { ephemeralStorage }),
    ...(users == null ? {} : { users: "single" }),
    allowRestart: false,
    allowDataLoss: false,
  };
  const inputs = describe(live, blank);
  return { id, state: stateOf(live, inputs), inputs };
}
