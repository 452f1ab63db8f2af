import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context";
import type { CheckFailure } from "../../handler";
import type { DockerImage } from "../../ica/docker-images";
import { IcaError } from "../../ica/transport/error";
import { hasUnknown, isUnknown } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";

/**
 * What a workspace asks of its image and the image does not offer: "Enabling an option here which your Docker image does not
 * support, will result in access denied errors" (help.ica.illumina.com, "Bring Your Own Bench Image"). Asked of ICA only for a new
 * workspace, or when the image, the access or the cluster changes; an image that does not exist yet is not asked about.
 */
export async function beyondImage(
  context: Context,
  next: WorkspaceInputs,
  old: WorkspaceInputs | undefined,
): Promise<CheckFailure[]> {
  const asks = ["image", "access", "cluster"] as const;
  if (old !== undefined && asks.every((field) => isDeepStrictEqual(old[field], next[field]))) return [];
  const { image, access, cluster } = next;
  const manager = typeof cluster === "object" && cluster !== null ? cluster.managerImage : undefined;
  const failures: CheckFailure[] = [];
  if (!hasUnknown(image)) {
    const found = await findOffer(context, image, "image");
    failures.push(...found.failures);
    if (found.image !== undefined)
      failures.push(...beyondOffer(found.image, access, cluster !== undefined && !isUnknown(cluster)));
  }
  if (manager !== undefined && !hasUnknown(manager) && manager !== image) {
    const found = await findOffer(context, manager, "cluster.managerImage");
    failures.push(...found.failures);
    if (found.image?.benchSettings?.clusterCompatible === false)
      failures.push({ property: "cluster.managerImage", reason: notForClusters(found.image) });
  }
  return failures;
}

/** A setting that ICA does not report, or a value that is not known yet, is not judged. */
function beyondOffer(image: DockerImage, access: WorkspaceInputs["access"], hasCluster: boolean): CheckFailure[] {
  const offered = image.benchSettings;
  const failures: CheckFailure[] = (["web", "console"] as const)
    .filter((kind) => access[kind] === true && offered?.access?.[kind] === false)
    .map((kind) => ({
      property: `access.${kind}`,
      reason: `is not offered by image "${image.name}" ${image.version}: whoever tries would see "access denied". ${where(image)}`,
    }));
  if (hasCluster && offered?.clusterCompatible === false)
    failures.push({ property: "cluster", reason: notForClusters(image) });
  return failures;
}

function notForClusters(image: DockerImage): string {
  return `needs an image that is cluster compatible, and "${image.name}" ${image.version} is not. ${where(image)}`;
}

function where(image: DockerImage): string {
  return `An image's settings are changed in ICA, System Settings > Docker Repository > ${image.name} ${image.version}`;
}

async function findOffer(
  context: Context,
  imageId: string,
  property: string,
): Promise<{ image?: DockerImage; failures: CheckFailure[] }> {
  try {
    const image = await shared(context, imageId);
    if (image === undefined) return { failures: [{ property, reason: `ICA has no Docker image ${imageId}` }] };
    if (image.type === "TOOL")
      return { failures: [{ property, reason: `"${image.name}" is a TOOL image; a workspace needs a BENCH image` }] };
    return { image, failures: [] };
  } catch (error) {
    // A key that ICA does not take, nor will it for the rest: the preview is the place to hear of that.
    if (!(error instanceof IcaError) || error.status === 401) throw error;
    // What an image offers is looked up for an early word only: ICA itself refuses what does not fit.
    context.log.warn(`could not look up what image ${imageId} offers: ${error.message}`);
    return { failures: [] };
  }
}

/** One call for each image, however many workspaces of this `pulumi up` use it. */
function shared(context: Context, imageId: string): Promise<DockerImage | undefined> {
  const images = context.run.workspaces.offers;
  const known = images.get(imageId);
  if (known !== undefined) return known;
  const image = context.client.dockerImages.find(imageId);
  images.set(imageId, image);
  // What is not there now may be there for the next one that asks.
  image.then(
    (found) => found ?? images.delete(imageId),
    () => images.delete(imageId),
  );
  return image;
}
