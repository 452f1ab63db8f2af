import type { Context } from "../../context";
import type { DockerImage } from "../../ica/docker-images";
import { IcaError } from "../../ica/transport/error";
import type { BenchImageInputs } from "../inputs";
import { areAmong, declaredRegions, isNamed, type NamedRegion, regionsOf } from "./regions";

/**
 * Puts an image that was there before into the regions it is declared for. It leaves only those that this stack has named and names
 * no more: no call tells who else needs it in the others. What is missing is added first, so that it is never in none. Undeclared means
 * the project's own region; but where a stack never named one, an image that is in some region stays where it is.
 *
 * @param named what the state has: the regions that this stack declared last, after a refresh those that ICA has
 * @returns the image as it is now
 */
export async function changeRegions(
  context: Context,
  inputs: Pick<BenchImageInputs, "name" | "version" | "projectId" | "regions">,
  image: DockerImage,
  named: readonly string[],
): Promise<DockerImage> {
  const { regions } = inputs;
  if (regions === undefined && named.length === 0 && !isInNoRegion(image)) return image;
  const present = regionsOf(image);
  const wanted =
    regions !== undefined && areAmong(regions, image)
      ? present.filter((region) => isNamed(region, regions))
      : await declaredRegions(context, inputs.projectId, regions);
  const missing = without(wanted, present);
  const others = without(present, wanted);
  const dropped = others.filter((region) => isNamed(region, named));
  if (missing.length + dropped.length === 0) return image;
  const { client, log } = context;
  if (missing.length > 0) {
    await settled(
      context,
      image.id,
      () => client.dockerImages.addRegions(image.id, idsOf(missing)),
      (now) => without(missing, regionsOf(now)).length === 0,
    );
    log.info(`added to regions: ${regionList(missing)}`);
  }
  if (dropped.length > 0) {
    await settled(
      context,
      image.id,
      () => client.dockerImages.removeRegions(image.id, idsOf(dropped)),
      (now) => without(dropped, regionsOf(now)).length === dropped.length,
    );
    log.info(`removed from regions: ${regionList(dropped)}`);
  }
  const kept = without(others, dropped);
  if (kept.length > 0) log.info(`stays in ${regionList(kept)} too, which this stack has not named`);
  return client.dockerImages.get(image.id);
}

/** Makes a change, which has failed only if the image does not have it: of a call that is made again, the first one may have done it. */
async function settled(
  { client }: Context,
  imageId: string,
  change: () => Promise<void>,
  isDone: (now: DockerImage) => boolean,
): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof IcaError) || error.kind === "aborted") throw error;
    if (!isDone(await client.dockerImages.get(imageId))) throw error;
  }
}

/** An external image has no such settings at all, and cannot be in a region (official OpenAPI document, DockerImage). */
function isInNoRegion(image: DockerImage): boolean {
  return (image.internalDockerImageSettings ?? undefined) !== undefined && regionsOf(image).length === 0;
}

function without<R extends NamedRegion>(regions: readonly R[], these: readonly NamedRegion[]): R[] {
  return regions.filter(({ id }) => !these.some((other) => other.id === id));
}

function idsOf(regions: readonly NamedRegion[]): string[] {
  return regions.map(({ id }) => id);
}

function regionList(regions: readonly NamedRegion[]): string {
  return regions.map(({ id, code }) => code ?? id).join(", ");
}
