import type { Context } from "../context";
import type { Live } from "../handler";
import { importId } from "../inputs/import-id";
import type { BenchImageInputs } from "./inputs";
import { existingImage } from "./registration/existing-image";
import { isGone } from "./registration/published";
import { reportedSettings } from "./registration/settings";
import { type BenchImageState, parseInputs } from "./saved-state";
import { stateOf } from "./state";

/** The image that `pulumi import` names, declared by `existingId`: ICA does not know what it was built from. */
export async function importImage(
  context: Context,
  name: string,
): Promise<(Live<BenchImageState> & { readonly id: string }) | undefined> {
  const { projectId, id } = importId(name, context.config.projectId);
  const image = await context.client.dockerImages.find(id);
  if (image === undefined || isGone(image)) {
    return undefined;
  }
  const declared = {
    name: image.name,
    version: image.version ?? "",
    access: { web: true, console: true },
    projectId,
    existingId: id,
  };
  await existingImage(context, declared, id);
  const inputs: BenchImageInputs = reportedSettings(image, parseInputs(declared));
  return { id, state: stateOf(image, inputs, {}), inputs };
}
