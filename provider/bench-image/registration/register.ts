import { comesOfCancel } from "../../cancelled";
import type { Context } from "../../context";
import type { DockerImage } from "../../ica/docker-images";
import { IcaError } from "../../ica/transport/error";
import { formatDuration } from "../../inputs/duration";
import { poll } from "../../poll";
import type { BenchImageInputs } from "../inputs";
import { compareContent, findPublished, isGone, type Published, published } from "./published";

/** ICA could not make an image from the archive. */
export class ImageBuildFailed extends Error {
  override readonly name = "ImageBuildFailed";
}

/** The image made from the archive: registered now, or found. */
type Registered = Published | { readonly kind: "new"; readonly image: DockerImage };

/**
 * Registers the archive as an image, unless another run has done so since this run looked. The call has no idempotency key,
 * and no document says whether ICA allows a name and version twice. So after every error this looks for the image before it
 * reports a failure. The image may be from this run, with its response lost, or from a faster run; then its content is
 * compared.
 */
export async function register(
  context: Context,
  inputs: BenchImageInputs,
  dataId: string,
  regions: readonly string[],
): Promise<Exclude<Registered, { kind: "absent" }>> {
  for (let tries = 1; ; tries++) {
    const before = await findPublished(context, inputs);
    if (before.kind !== "absent") {
      return before;
    }
    try {
      const image = await context.client.dockerImages.createInternal({
        dockerDataId: dataId,
        dockerDataProjectId: inputs.projectId,
        name: inputs.name,
        version: inputs.version,
        ...(inputs.description === undefined ? {} : { description: inputs.description }),
        type: "BENCH",
        regions,
      });
      return await oldestRegistered(context, inputs, image);
    } catch (error) {
      if (!(error instanceof IcaError) || error.kind === "aborted") {
        throw error;
      }
      const after = await findPublished(context, inputs);
      if (after.kind !== "absent") {
        return after;
      }
      const pauseMs = pausesMs[tries - 1];
      if (pauseMs === undefined || !isPassing(error)) {
        throw error;
      }
      context.log.warn(`registering once more in ${formatDuration(pauseMs)}: the archive is there. ${error.message}`);
      await context.clock.sleep(pauseMs, context.signal);
    }
  }
}

/**
 * Milliseconds before each repeat of the call, which follows one more look. Long enough for a call whose response was lost
 * to finish.
 */
const pausesMs = [5_000, 15_000, 30_000] as const;

/** Whether ICA or the connection had a fault that may pass. An invalid response does not count: ICA carried out the call. */
function isPassing({ kind, status }: IcaError): boolean {
  return kind === "unreachable" || (status !== undefined && status >= 500 && status !== 501);
}

/**
 * If ICA lets two runs register the same name and version at the same time, the first image wins. If it has the same
 * content, this run adopts it; otherwise this run cannot have the version. The other image stays unused, since no call
 * deletes it.
 */
async function oldestRegistered(
  context: Context,
  inputs: BenchImageInputs,
  image: DockerImage,
): Promise<Exclude<Registered, { kind: "absent" }>> {
  const [first = image] = await published(context, inputs).catch((error: unknown) => {
    // The image is registered, and the state has to keep its id. The other run finds it, if there is one.
    if (comesOfCancel(error, context.signal)) {
      return [image];
    }
    throw error;
  });
  if (first.id === image.id) {
    return { kind: "new", image };
  }
  const judged = await compareContent(context, inputs, first);
  const outcome =
    judged.kind === "same"
      ? `its image ${first.id} is used, and ${image.id}, which holds the same, is not`
      : `its image ${first.id} has the version, and ${image.id}, which this run registered, is not used`;
  context.log.warn(
    `another run registered this version in the same moment: ${outcome}. ` +
      `ICA has no call to delete ${image.id}: it can be removed by hand in System Settings > Docker Repository.`,
  );
  return judged;
}

/** Waits until ICA has made the image: PARTIAL, then AVAILABLE. 5 to 30 minutes are normal (the vendor's page). */
export async function awaitImage(
  context: Context,
  inputs: BenchImageInputs,
  imageId: string,
  timeoutMs: number,
): Promise<DockerImage> {
  const what = `image ${inputs.name} ${inputs.version}`;
  let told = 0;
  return poll({
    clock: context.clock,
    signal: context.signal,
    what: `for ICA to make ${what}`,
    timeoutMs,
    look: () => context.client.dockerImages.get(imageId),
    done: (image, elapsed) => {
      if (image.status === "AVAILABLE") {
        return true;
      }
      if (image.status === "BUILDFAILED" || isGone(image)) {
        throw new ImageBuildFailed(
          `ICA could not make ${what} (id ${imageId}, status ${image.status}) from the archive. ICA's API gives no reason: see System Settings > ` +
            'Docker Repository. The next "pulumi up" publishes it again.',
        );
      }
      const line = `waiting for ICA: ${image.status}, ${formatDuration(elapsed)} (5 to 30 minutes are normal)`;
      context.log.status(line);
      // Log one line a minute, for logs that show no status lines.
      if (elapsed >= told + 60_000) {
        told = elapsed;
        context.log.info(line);
      }
      return false;
    },
    timedOut: (image, elapsed) =>
      `${what} is ${image.status} after ${formatDuration(elapsed)}. It stays in the state, and the next "pulumi up" continues to wait; ` +
      "a longer limit is set with timeouts.create.",
  });
}
