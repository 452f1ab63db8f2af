import type { Context } from "../../context";
import type { DockerImage } from "../../ica/docker-images";
import type { ProjectDatum } from "../../ica/project-data";
import { IcaError } from "../../ica/transport/error";
import { imageTag, nameTag, readTags, versionFor, versionTag } from "../identity";
import type { BenchImageInputs } from "../inputs";

/** Finds out whether ICA already has an image. Every publication, and every preview of a new version, asks this first. */

export type Published =
  /** ICA has no such image; it has to be published. */
  | { readonly kind: "absent" }
  /** ICA has this image; the provider adopts it. */
  | { readonly kind: "same"; readonly image: DockerImage }
  /**
   * The version is taken by other content, and a published version is immutable. `contextHash` identifies that content, if
   * known.
   */
  | { readonly kind: "other"; readonly image: DockerImage; readonly contextHash: string | undefined };

/** What identifies an image and its content. */
export type Identified = Pick<BenchImageInputs, "name" | "version" | "contextHash" | "projectId">;

/** Whether ICA has deleted or is deleting the image (official OpenAPI document, DockerImage.status). */
export function isGone(image: DockerImage): boolean {
  return image.status === "DELETED" || image.status === "DELETING";
}

/** Whether the image counts as published under its name and version. Failed builds and deleted images do not. */
function counts(image: DockerImage): boolean {
  return !isGone(image) && image.status !== "BUILDFAILED";
}

/**
 * The images of a name and version, best first: AVAILABLE ones, then the oldest. No document rules out several of them; in
 * that case every run has to choose the same one.
 */
export async function published(
  context: Context,
  inputs: Pick<BenchImageInputs, "name" | "version">,
): Promise<DockerImage[]> {
  const rank = ({ status, timeCreated, id }: DockerImage) =>
    [status === "AVAILABLE" ? 0 : 1, timeCreated ?? "", id].join(" ");
  return (await context.client.dockerImages.list())
    .filter(
      (image) =>
        image.type === "BENCH" && image.name === inputs.name && image.version === inputs.version && counts(image),
    )
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/**
 * The same question for an image that this session has already found. Its content never changes, so this asks only for its
 * id: one call, where {@link findPublished} may need three.
 */
export async function findAgain(context: Context, inputs: Identified, imageId: string): Promise<Published> {
  try {
    const image = await context.client.dockerImages.get(imageId);
    if (counts(image)) {
      return { kind: "same", image };
    }
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isNotFound) {
      throw error;
    }
  }
  return findPublished(context, inputs);
}

/**
 * Looks for an image with this name, version and content: one call, or two or three if the version does not identify the
 * content.
 */
export async function findPublished(context: Context, inputs: Identified): Promise<Published> {
  const [image] = await published(context, inputs);
  return image === undefined ? { kind: "absent" } : compareContent(context, inputs, image);
}

/** Whether an image of this name and version has this content. */
export async function compareContent(
  context: Context,
  inputs: Identified,
  image: DockerImage,
): Promise<Exclude<Published, { kind: "absent" }>> {
  // The default version is the content hash itself, so the content must be the same.
  if (inputs.version === versionFor(inputs.contextHash)) {
    return { kind: "same", image };
  }
  const hashes = await contentHashes(context, inputs, image.id);
  return hashes.length > 0 && hashes.every((hash) => hash === inputs.contextHash)
    ? { kind: "same", image }
    : { kind: "other", image, contextHash: hashes.find((hash) => hash !== inputs.contextHash) };
}

/**
 * The content hashes of the published image, from the tags of its archive. A run that was killed between registering and
 * tagging leaves an image that no archive names. In that case this reads all archives of the name and version.
 */
async function contentHashes(context: Context, inputs: Identified, imageId: string): Promise<string[]> {
  const { projectData } = context.client;
  const tagsOf = ({ data }: ProjectDatum) => data.details?.tags?.technicalTags ?? [];
  const registered = await projectData.findByTag(inputs.projectId, imageTag(imageId));
  const archives =
    registered.length > 0
      ? registered
      : (await projectData.findByTag(inputs.projectId, versionTag(inputs.version))).filter((datum) =>
          tagsOf(datum).includes(nameTag(inputs.name)),
        );
  return archives.map((datum) => readTags(tagsOf(datum)).contextHash).filter((hash) => hash !== undefined);
}

/** Why the version cannot be published again. */
export function immutableVersion(inputs: Identified, published: Extract<Published, { kind: "other" }>): string {
  const holds =
    published.contextHash === undefined
      ? "and pulumi-ica did not publish it from this project, so its content is unknown"
      : `and holds other content (${published.contextHash.slice(0, 12)}, this is ${inputs.contextHash.slice(0, 12)})`;
  return (
    `${inputs.name} ${inputs.version} is published already (id ${published.image.id}) ${holds}. A published version never changes: ` +
    `declare another version, leave version out (it then follows the content), or adopt the published image with existingId: "${published.image.id}".`
  );
}
