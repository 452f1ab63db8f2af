import { type Context, stepLimitMs } from "../../context";
import { errorMessage } from "../../error-message";
import { PartialError } from "../../handler";
import type { DockerImage } from "../../ica/docker-images";
import { formatDuration } from "../../inputs/duration";
import { forgetArchive } from "../archive-file/forget";
import { archiveTarget } from "../identity";
import type { BenchImageInputs } from "../inputs";
import { changeRegions } from "../regions/change";
import { type BenchImageState, type PublishedRecord, stateOf } from "../state";
import { awaitImage, ImageBuildFailed } from "./register";
import { settingsToChange } from "./settings";

/** The steps after ICA has registered an image: wait for it, set its regions, and list what has to be set by hand. */

/** Default time limit for ICA to make an image; 5 to 30 minutes are normal (the vendor's page). */
const defaultCreateTimeout = "60m";

/** Finishes an image that this run registered with its regions. */
export async function finishNew(
  context: Context,
  inputs: BenchImageInputs,
  image: DockerImage,
  done: PublishedRecord,
): Promise<{ id: string; state: BenchImageState }> {
  return keepImageId(context, inputs, image, done, async () => {
    const ready = await awaitReady(context, inputs, image);
    return { id: ready.id, state: stateOf(ready, inputs, done) };
  });
}

/**
 * Finishes an image that existed before this run and may lack declared regions. `named` are the regions in this stack's
 * state. They stay in the state until the image is as declared, so that the next run continues after a failure.
 */
export async function finishExisting(
  context: Context,
  inputs: BenchImageInputs,
  image: DockerImage,
  done: PublishedRecord,
  named?: string[],
): Promise<{ id: string; state: BenchImageState }> {
  context.run.images.inUse.add(image.id);
  return keepImageId(context, { ...inputs, regions: named }, image, done, async () => {
    const ready = await awaitReady(context, inputs, image);
    const placed = await changeRegions(context, inputs, ready, named ?? []);
    return { id: placed.id, state: stateOf(placed, inputs, done) };
  });
}

/** Waits for an image, then compares the settings that have no call in ICA with the declared ones. */
async function awaitReady(context: Context, inputs: BenchImageInputs, image: DockerImage): Promise<DockerImage> {
  const start = context.clock.now();
  const limit = stepLimitMs(context, inputs.timeouts, "create", defaultCreateTimeout);
  // ICA has just reported AVAILABLE, so another call would add nothing.
  const ready = image.status === "AVAILABLE" ? image : await awaitImage(context, inputs, image.id, limit);
  if (image.status !== "AVAILABLE") {
    context.log.info(`AVAILABLE after ${formatDuration(context.clock.now() - start)}`);
  }
  for (const line of settingsToChange(ready, inputs)) {
    context.log.warn(line);
  }
  return ready;
}

/** Runs steps after ICA has registered the image. If one fails, the id is kept. */
export async function keepImageId<T>(
  context: Context,
  inputs: BenchImageInputs,
  image: DockerImage,
  done: PublishedRecord,
  steps: () => Promise<T>,
): Promise<T> {
  try {
    return await steps();
  } catch (error) {
    if (error instanceof PartialError) {
      throw error;
    }
    const failed = error instanceof ImageBuildFailed;
    if (failed && done.archive !== undefined) {
      // The same archive would fail again, so the next run uploads a new one.
      await forgetArchive(context, archiveTarget(inputs), done.archive);
    }
    const state = stateOf(failed ? { ...image, status: "BUILDFAILED" } : image, inputs, done);
    throw new PartialError(image.id, state, errorMessage(error), { cause: error });
  }
}
