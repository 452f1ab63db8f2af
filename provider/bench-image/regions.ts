import type { Context } from "../context";
import type { IcaClient } from "../ica/client";
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
  const known = await knownRegions(context);
  const ids = declared.map((name) => {
    const region = findRegion(known, name);
    if (region === undefined) throw new UnknownRegion(unknownRegion(known, name));
    return region.id;
  });
  return [...new Set(ids)];
}

/** The regions of the tenant, asked for once a session: they change by contract and not by the minute. */
export async function knownRegions({ client }: Context): Promise<readonly Region[]> {
  const known = asked.get(client) ?? client.regions.list();
  asked.set(client, known);
  // A failure is not kept: the next one asks again.
  known.catch(() => asked.delete(client));
  return known;
}

const asked = new WeakMap<IcaClient, Promise<readonly Region[]>>();

/** By code, whatever the case, or by UUID. */
export function findRegion<R extends { readonly id: string; readonly code: string }>(
  known: readonly R[],
  name: string,
): R | undefined {
  return known.find(({ id, code }) => [id, code].some((each) => each.toLowerCase() === name.toLowerCase()));
}

/** Why a region is refused. */
export function unknownRegion(known: readonly Region[], name: string): string {
  return `region "${name}" is not one of this tenant's: ${known.map(({ code }) => code).join(", ")}`;
}

/** The regions an image is in. */
export function regionsOf(image: DockerImage): { id: string; code: string | undefined; url: string | undefined }[] {
  return (image.internalDockerImageSettings?.regions ?? []).map(({ region, url }) => ({
    id: region.id,
    code: region.code ?? undefined,
    url: url ?? undefined,
  }));
}

/** Whether an image is in all of the declared regions. */
export function areAmong(declared: readonly string[], image: DockerImage): boolean {
  const present = regionsOf(image).map(({ id, code }) => ({ id, code: code ?? id }));
  return declared.every((name) => findRegion(present, name) !== undefined);
}

/** The regions of an image, written as they were declared: codes stay codes, UUIDs stay UUIDs. */
export function describeRegions(image: DockerImage, declared: readonly string[]): string[] {
  const wanted = new Map(declared.map((name) => [name.toLowerCase(), name]));
  return regionsOf(image)
    .map(({ id, code }) => wanted.get(id.toLowerCase()) ?? wanted.get((code ?? id).toLowerCase()) ?? code ?? id)
    .sort();
}

/** Adds what is missing, and removes nothing. Whether something was missing. */
export async function addMissingRegions(
  context: Context,
  image: DockerImage,
  wanted: readonly string[],
): Promise<boolean> {
  const present = regionsOf(image).map(({ id }) => id);
  const missing = wanted.filter((id) => !present.includes(id));
  if (missing.length > 0) await context.client.dockerImages.addRegions(image.id, missing);
  return missing.length > 0;
}

/** Adds what is missing, then removes what is too much: an image is never without a region in between. Whether it changed. */
export async function convergeRegions(
  context: Context,
  image: DockerImage,
  wanted: readonly string[],
): Promise<boolean> {
  const { dockerImages } = context.client;
  const present = regionsOf(image).map(({ id }) => id);
  const extra = present.filter((id) => !wanted.includes(id));
  const added = await addMissingRegions(context, image, wanted);
  if (extra.length > 0) await dockerImages.removeRegions(image.id, extra);
  return added || extra.length > 0;
}
