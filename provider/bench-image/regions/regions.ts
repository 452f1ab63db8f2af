import type { Context } from "../../context";
import type { DockerImage } from "../../ica/docker-images";
import type { Region } from "../../ica/regions";

/** Users declare regions by code (`use1`) or UUID; the API accepts only UUIDs. */

/** The tenant does not have this region. */
export class UnknownRegion extends Error {
  override readonly name = "UnknownRegion";
}

/** A region as messages and calls need it; ICA may give no code. */
export interface NamedRegion {
  readonly id: string;
  readonly code: string | undefined;
}

/** The declared regions without duplicates, or else the project's own region. */
export async function declaredRegions(
  context: Context,
  projectId: string,
  declared: readonly string[] | undefined,
): Promise<NamedRegion[]> {
  if (declared === undefined) {
    return [(await context.client.projects.get(projectId)).region];
  }
  const known = await knownRegions(context);
  const regions = declared.map((name) => {
    const region = findRegion(known, name);
    if (region === undefined) {
      throw new UnknownRegion(unknownRegion(known, name));
    }
    return region;
  });
  return [...new Set(regions)];
}

/** The UUIDs of the declared regions, for registering a new image. */
export async function regionIds(
  context: Context,
  projectId: string,
  declared: readonly string[] | undefined,
): Promise<string[]> {
  return (await declaredRegions(context, projectId, declared)).map(({ id }) => id);
}

/** The tenant's regions, read once in a run: they change by contract, not by the minute. */
export async function knownRegions({ client, run }: Context): Promise<readonly Region[]> {
  const known = run.images.regions ?? client.regions.list();
  run.images.regions = known;
  // Forget a failure, so that the next call asks again.
  known.catch(() => {
    if (run.images.regions === known) {
      run.images.regions = undefined;
    }
  });
  return known;
}

/** Finds a region by code, in any case, or by UUID. */
export function findRegion<R extends NamedRegion>(known: readonly R[], name: string): R | undefined {
  return known.find((region) => isNamed(region, [name]));
}

/** Whether one of the names refers to the region. */
export function isNamed({ id, code }: NamedRegion, names: readonly string[]): boolean {
  return names.some((name) => [id, code].some((each) => each?.toLowerCase() === name.toLowerCase()));
}

/** The message for a region that the tenant does not have. */
export function unknownRegion(known: readonly Region[], name: string): string {
  return `region "${name}" is not one of this tenant's: ${known.map(({ code }) => code).join(", ")}`;
}

/** The image's regions. */
export function regionsOf(image: DockerImage): (NamedRegion & { readonly url: string | undefined })[] {
  return (image.internalDockerImageSettings?.regions ?? []).map(({ region, url }) => ({
    id: region.id,
    code: region.code ?? undefined,
    url: url ?? undefined,
  }));
}

/** Whether the image is in all declared regions. */
export function areAmong(declared: readonly string[], image: DockerImage): boolean {
  const present = regionsOf(image);
  return declared.every((name) => findRegion(present, name) !== undefined);
}

/** The image's regions, written as declared: codes stay codes, UUIDs stay UUIDs. */
export function describeRegions(image: DockerImage, declared: readonly string[]): string[] {
  const wanted = new Map(declared.map((name) => [name.toLowerCase(), name]));
  return regionsOf(image)
    .map(({ id, code }) => wanted.get(id.toLowerCase()) ?? wanted.get((code ?? id).toLowerCase()) ?? code ?? id)
    .sort();
}
