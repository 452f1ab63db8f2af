import type { Context } from "../../context";
import type { DockerImage } from "../../ica/docker-images";
import { isKnown, type Maybe, type MaybeWithin } from "../../inputs/unknown";
import type { BenchImageInputs } from "../inputs";
import { PublishError } from "../publish-error";
import { isGone } from "./published";

/**
 * The image that `existingId` names, if it is a usable Bench image with the declared name and version. In preview these may
 * be unknown; then they are not compared. Throws {@link PublishError} with all problems.
 */
export async function existingImage(
  context: Context,
  { name, version }: MaybeWithin<Pick<BenchImageInputs, "name" | "version">>,
  id: string,
): Promise<DockerImage> {
  const image = await context.client.dockerImages.find(id);
  if (image === undefined) {
    throw new PublishError(`image ${id} cannot be adopted: ICA has no image with this id`);
  }
  const differs = (what: string, own: string | null | undefined, declared: Maybe<string>) =>
    !isKnown(declared) || declared === own ? undefined : `its ${what} is ${own ?? "none"}, not ${declared}`;
  const wrong = [
    isGone(image) ? `its status is ${image.status}` : undefined,
    image.status === "BUILDFAILED" ? failed : undefined,
    image.type === "BENCH" ? undefined : `its type is ${image.type}, not BENCH`,
    differs("name", image.name, name),
    differs("version", image.version, version),
  ].filter((problem) => problem !== undefined);
  if (wrong.length > 0) {
    throw new PublishError(`image ${id} cannot be adopted: ${wrong.join(", ")}`);
  }
  return image;
}

const failed =
  "its status is BUILDFAILED: ICA could not make it, and nothing can run it (publish it again, with build or image)";
