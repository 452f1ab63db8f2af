import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context";
import type { CheckFailure } from "../../handler";
import type { DockerImage } from "../../ica/docker-images";
import { IcaError } from "../../ica/transport/error";
import { isKnown, type MaybeWithin, unknownValue } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";
import type { DescribedWorkspace } from "../saved-state";

/**
 * Checks that the image offers what the workspace needs: "Enabling an option here which your Docker image does not support,
 * will result in access denied errors" (help.ica.illumina.com, "Bring Your Own Bench Image"). Asks ICA only for a new
 * workspace, or when the image, the access or the cluster changes, and only if the image already exists.
 */
export async function beyondImage(
  context: Context,
  next: MaybeWithin<WorkspaceInputs>,
  old: DescribedWorkspace | undefined,
): Promise<CheckFailure[]> {
  const asks = ["image", "access", "cluster"] as const;
  if (old !== undefined && asks.every((field) => isDeepStrictEqual(old[field], next[field]))) {
    return [];
  }
  const { image, access, cluster } = next;
  const manager = typeof cluster === "object" ? cluster.managerImage : undefined;
  const failures: CheckFailure[] = [];
  if (isKnown(image)) {
    const found = await findOffer(context, image, "image");
    failures.push(...found.failures);
    if (found.image !== undefined) {
      failures.push(...beyondOffer(found.image, access, cluster !== undefined && cluster !== unknownValue));
    }
  }
  if (manager !== undefined && isKnown(manager) && manager !== image) {
    const found = await findOffer(context, manager, "cluster.managerImage");
    failures.push(...found.failures);
    if (found.image?.benchSettings?.clusterCompatible === false) {
      failures.push({ property: "cluster.managerImage", reason: notForClusters(found.image) });
    }
  }
  return failures;
}

/** Skips settings that ICA does not report and values that are unknown. */
function beyondOffer(
  image: DockerImage,
  access: MaybeWithin<WorkspaceInputs>["access"],
  hasCluster: boolean,
): CheckFailure[] {
  const offered = image.benchSettings;
  const failures: CheckFailure[] = (["web", "console"] as const)
    .filter((kind) => access !== unknownValue && access[kind] === true && offered?.access?.[kind] === false)
    .map((kind) => ({
      property: `access.${kind}`,
      reason: `is not offered by image "${image.name}" ${image.version}: users would see "access denied". ${where(image)}`,
    }));
  if (hasCluster && offered?.clusterCompatible === false) {
    failures.push({ property: "cluster", reason: notForClusters(image) });
  }
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
    if (image === undefined) {
      return { failures: [{ property, reason: `ICA has no Docker image ${imageId}` }] };
    }
    if (image.type === "TOOL") {
      return { failures: [{ property, reason: `"${image.name}" is a TOOL image; a workspace needs a BENCH image` }] };
    }
    return { image, failures: [] };
  } catch (error) {
    // ICA refuses the key and will refuse it for everything else too. So the preview reports it.
    if (!(error instanceof IcaError) || error.status === 401) {
      throw error;
    }
    // This check only gives an early warning: ICA itself refuses what does not fit.
    context.log.warn(`could not look up what image ${imageId} offers: ${error.message}`);
    return { failures: [] };
  }
}

/** One call for each image, even if several workspaces of this `pulumi up` use it. */
function shared(context: Context, imageId: string): Promise<DockerImage | undefined> {
  const images = context.run.workspaces.offers;
  const known = images.get(imageId);
  if (known !== undefined) {
    return known;
  }
  const image = context.client.dockerImages.find(imageId);
  images.set(imageId, image);
  // Forget an image that is missing: it may exist by the next call.
  image.then(
    (found) => found ?? images.delete(imageId),
    () => images.delete(imageId),
  );
  return image;
}
