import type { Context } from "../../context";
import type { DockerImage } from "../../ica/docker-images";
import { IcaError } from "../../ica/transport/error";
import type { BenchImageInputs } from "../inputs";
import { areAmong, declaredRegions, isNamed, type NamedRegion, regionsOf } from "./regions";

/**
 * Puts an existing image into its declared regions. Removes only regions that this stack once declared and no longer does:
 * no call shows who else needs the others. Adds missing regions first, so that the image is always in at least one. Without
 * declared regions, the image goes to the project's own region. But if the stack never declared any and the image is in some
 * region, it stays there.
 *
 * @param named the regions in the state: those that this stack declared last, or after a refresh those that ICA has
 * @returns the image as it is now
 */
export async function changeRegions(
  context: Context,
  inputs: Pick<BenchImageInputs, "name" | "version" | "projectId" | "regions">,
  image: DockerImage,
  named: readonly string[],
): Promise<DockerImage> {
  const { regions } = inputs;
  if (regions === undefined && named.length === 0 && !isInNoRegion(image)) {
    return image;
  }
  const present = regionsOf(image);
  const wanted =
    regions !== undefined && areAmong(regions, image)
      ? present.filter((region) => isNamed(region, regions))
      : await declaredRegions(context, inputs.projectId, regions);
  const missing = without(wanted, present);
  const others = without(present, wanted);
  const dropped = others.filter((region) => isNamed(region, named));
  if (missing.length + dropped.length === 0) {
    return image;
  }
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
  if (kept.length > 0) {
    log.info(`stays in ${regionList(kept)} too, which this stack has not named`);
  }
  return client.dockerImages.get(image.id);
}

/**
 * Makes a change. An error counts only if the image lacks the change: when a call is repeated, the first one may have
 * worked.
 */
async function settled(
  { client }: Context,
  imageId: string,
  change: () => Promise<void>,
  isDone: (now: DockerImage) => boolean,
): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof IcaError) || error.kind === "aborted") {
      throw error;
    }
    if (!isDone(await client.dockerImages.get(imageId))) {
      throw error;
    }
  }
}

/** An external image has no such settings and cannot be in a region (official OpenAPI document, DockerImage). */
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
