import type { Context } from "../context";
import type { DockerImage } from "../ica/docker-images";
import type { Region } from "../ica/regions";

/** Regions are declared by code (`use1`) or UUID; the API takes UUIDs only. */

/** A region that the tenant does not have. */
export class UnknownRegion extends Error {
  override readonly name = "UnknownRegion";
}

/** UUIDs of the declared regions; without any, that of the project's own. */
export async function regionIds(
  context: Context,
  projectId: string,
  declared: readonly string[] | undefined,
): Promise<string[]> {
  if (declared === undefined) return [(await context.client.projects.get(projectId)).region.id];
  const known = await context.client.regions.list();
  return [...new Set(declared.map((name) => find(known, name).id))];
}

function find(known: readonly Region[], name: string): Region {
  const region = known.find(({ id, code }) => id === name || code.toLowerCase() === name.toLowerCase());
  if (region === undefined) {
    throw new UnknownRegion(
      `region "${name}" is not one of this tenant's: ${known.map(({ code }) => code).join(", ")}`,
    );
  }
  return region;
}

/** The regions an image is in. */
export function regionsOf(image: DockerImage): { id: string; code: string | undefined; url: string | undefined }[] {
  return (image.internalDockerImageSettings?.regions ?? []).map(({ region, url }) => ({
    id: region.id,
    code: region.code ?? undefined,
    url: url ?? undefined,
  }));
}

/** The regions of an image, written as they were declared: codes stay codes, UUIDs stay UUIDs. */
export function describeRegions(image: DockerImage, declared: readonly string[]): string[] {
  const wanted = new Map(declared.map((name) => [name.toLowerCase(), name]));
  return regionsOf(image)
    .map(({ id, code }) => wanted.get(id.toLowerCase()) ?? wanted.get((code ?? id).toLowerCase()) ?? code ?? id)
    .sort();
}

/** Adds what is missing, and removes nothing. */
export async function addMissingRegions(
  context: Context,
  image: DockerImage,
  wanted: readonly string[],
): Promise<void> {
  const present = regionsOf(image).map(({ id }) => id);
  const missing = wanted.filter((id) => !present.includes(id));
  if (missing.length > 0) await context.client.dockerImages.addRegions(image.id, missing);
}

/** Adds what is missing, then removes what is too much: an image is never without a region in between. */
export async function convergeRegions(context: Context, image: DockerImage, wanted: readonly string[]): Promise<void> {
  const { dockerImages } = context.client;
  const present = regionsOf(image).map(({ id }) => id);
  const extra = present.filter((id) => !wanted.includes(id));
  await addMissingRegions(context, image, wanted);
  if (extra.length > 0) await dockerImages.removeRegions(image.id, extra);
}
