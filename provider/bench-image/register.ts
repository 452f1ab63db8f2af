import type { Context } from "../context";
import { formatDuration } from "../duration";
import type { DockerImage } from "../ica/docker-images";
import { IcaError } from "../ica/error";
import { poll } from "../poll";
import type { BenchImageInputs } from "./inputs";
import { isGone } from "./published";

/** ICA could not make an image of the archive. */
export class ImageBuildFailed extends Error {
  override readonly name = "ImageBuildFailed";
}

/**
 * Registers the archive as an image. The call has no idempotency key: when its answer is lost, the image is looked for by
 * name and version before anything is said to have failed.
 */
export async function register(
  context: Context,
  inputs: BenchImageInputs,
  dataId: string,
  regions: readonly string[],
): Promise<DockerImage> {
  const { dockerImages } = context.client;
  const before = new Set((await dockerImages.list()).map(({ id }) => id));
  try {
    return await dockerImages.createInternal({
      dockerDataId: dataId,
      dockerDataProjectId: inputs.projectId,
      name: inputs.name,
      version: inputs.version,
      ...(inputs.description === undefined ? {} : { description: inputs.description }),
      type: "BENCH",
      regions,
    });
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isAmbiguous) throw error;
    const made = (await dockerImages.list()).find(
      ({ id, name, version }) => !before.has(id) && name === inputs.name && version === inputs.version,
    );
    if (made === undefined) throw error;
    return made;
  }
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
    timeoutMs,
    look: () => context.client.dockerImages.get(imageId),
    done: (image, elapsed) => {
      if (image.status === "AVAILABLE") return true;
      if (image.status === "BUILDFAILED" || isGone(image)) {
        throw new ImageBuildFailed(
          `ICA could not make ${what} (id ${imageId}, status ${image.status}) of the archive. ICA tells no reason by its API: look at System Settings > ` +
            'Docker Repository. The next "pulumi up" publishes it anew.',
        );
      }
      const line = `${what}: ${image.status} for ${formatDuration(elapsed)} (5 to 30 minutes are normal)`;
      context.log.status(line);
      // A line a minute for logs that show no status lines.
      if (elapsed >= told + 60_000) {
        told = elapsed;
        context.log.info(line);
      }
      return false;
    },
    timedOut: (image, elapsed) =>
      `${what} is ${image.status} after ${formatDuration(elapsed)}. It stays in the state, and the next "pulumi up" goes on waiting; ` +
      "a longer limit is set with timeouts.create.",
  });
}
