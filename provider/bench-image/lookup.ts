import type { DockerImage, DockerImages } from "../ica/docker-images";
import { choices, LookupError } from "../lookup-error";
import { regionsOf } from "./regions/regions";
import { isGone } from "./registration/published";

/** Which image: by id, by name and version, or the newest AVAILABLE version of a name. */
export interface ImageQuery {
  readonly imageId?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/** Which images to list. A field that is left out does not filter. */
export interface ImageFilter {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Default: every status except DELETED and DELETING. */
  readonly status?: string | undefined;
}

/** An image in the repository, as programs see it. */
export interface FoundImage {
  readonly imageId: string;
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly status: string;
  readonly timeCreated: string | undefined;
  readonly regions: string[];
  readonly urls: Record<string, string>;
  readonly benchSettings: {
    readonly web: boolean | undefined;
    readonly console: boolean | undefined;
    readonly clusterCompatible: boolean | undefined;
  };
}

/** Finds one image; rejects with a {@link LookupError} when none or several match. */
export async function findImage(api: DockerImages, query: ImageQuery): Promise<FoundImage> {
  const { imageId, name, version } = query;
  if (imageId !== undefined && (name !== undefined || version !== undefined)) {
    throw new LookupError("getImage takes either imageId or name (with version), not both.");
  }
  if (imageId !== undefined) {
    return byId(api, imageId);
  }
  if (name === undefined) {
    throw new LookupError("getImage needs the name of an image, or its imageId.");
  }
  const all = await benchImages(api);
  const ofName = all.filter((image) => image.name === name);
  if (ofName.length === 0) {
    const names = [...new Set(all.map((image) => image.name))].sort();
    throw new LookupError(`ICA has no Bench image named "${name}". There are: ${choices(names)}.`);
  }
  const fitting = ofName.filter(
    (image) => image.status === "AVAILABLE" && (version === undefined || image.version === version),
  );
  const [first, second] = fitting;
  if (first === undefined) {
    const what = version === undefined ? "no version that is" : `no version "${version}" that is`;
    throw new LookupError(`Bench image "${name}" has ${what} AVAILABLE. It has: ${versions(ofName)}.`);
  }
  if (second !== undefined && version !== undefined) {
    const ids = fitting.map((image) => image.imageId).join(", ");
    throw new LookupError(`More than one image is named "${name}" "${version}": choose one with imageId, of ${ids}.`);
  }
  if (second !== undefined && !isNewer(first, second)) {
    throw new LookupError(
      `ICA does not say which version of Bench image "${name}" is the newest: choose one with version. It has: ${versions(ofName)}.`,
    );
  }
  return first;
}

/** Bench images, the newest first. */
export async function listImages(api: DockerImages, filter: ImageFilter): Promise<FoundImage[]> {
  const { name, version, status } = filter;
  return (await benchImages(api, status)).filter(
    (image) =>
      (name === undefined || image.name === name) &&
      (version === undefined || image.version === version) &&
      (status === undefined || image.status === status),
  );
}

async function byId(api: DockerImages, imageId: string): Promise<FoundImage> {
  const image = await api.find(imageId);
  if (image !== undefined && !isGone(image)) {
    if (image.type === "BENCH") {
      return foundImage(image);
    }
    throw new LookupError(
      `Image ${imageId} (${image.name}) is of type ${image.type}; a workspace needs a BENCH image.`,
    );
  }
  const there = (await benchImages(api)).map((each) => `${each.imageId} (${each.name} ${each.version})`);
  throw new LookupError(`ICA has no Bench image with id ${imageId}. There are: ${choices(there)}.`);
}

async function benchImages(api: DockerImages, status?: string): Promise<FoundImage[]> {
  return (await api.list())
    .filter((image) => image.type === "BENCH" && (status === image.status || !isGone(image)))
    .map(foundImage)
    .sort((a, b) => (b.timeCreated ?? "").localeCompare(a.timeCreated ?? ""));
}

function isNewer(first: FoundImage, second: FoundImage): boolean {
  return first.timeCreated !== undefined && first.timeCreated !== second.timeCreated;
}

function versions(images: readonly FoundImage[]): string {
  return choices(images.map(({ version, status }) => `${version === "" ? "(no version)" : version} (${status})`));
}

function foundImage(image: DockerImage): FoundImage {
  const regions = regionsOf(image);
  const { access, clusterCompatible } = image.benchSettings ?? {};
  return {
    imageId: image.id,
    name: image.name,
    version: image.version ?? "",
    description: image.description ?? undefined,
    status: image.status,
    timeCreated: image.timeCreated ?? undefined,
    regions: regions.map(({ id, code }) => code ?? id),
    urls: Object.fromEntries(regions.flatMap(({ id, code, url }) => (url === undefined ? [] : [[code ?? id, url]]))),
    benchSettings: {
      web: access?.web ?? undefined,
      console: access?.console ?? undefined,
      clusterCompatible: clusterCompatible ?? undefined,
    },
  };
}
