import type { Context } from "../context";
import { formatDuration } from "../duration";
import { PartialError } from "../handler";
import type { DockerImage } from "../ica/docker-images";
import { timeoutMs } from "../inputs";
import { wordsOf } from "../words";
import { completeArchive, dockerFormat, factsOf, labelArchive, openArchiveFile } from "./archive-file";
import { existingImage } from "./existing-image";
import { archiveName } from "./identity";
import type { BenchImageInputs } from "./inputs";
import { findAgain, findPublished, immutableVersion, type Published } from "./published";
import { PublishError, readyImage } from "./ready-image";
import { addMissingRegions, areAmong, regionIds } from "./regions";
import { awaitImage, ImageBuildFailed, register } from "./register";
import { digestSeen, publishedSeen } from "./seen-contents";
import { forgetArchive, sendOrTakeOver } from "./send";
import { settingsToChange } from "./settings";
import { type BenchImageState, type Done, stateOf } from "./state";

/** Default limit for ICA to make an image; 5 to 30 minutes are normal (the vendor's page). */
export const defaultCreateTimeout = "60m";

/** Publishes an image, each step only if it is not done yet: safe to repeat after a crash at any point. */
export async function publish(
  context: Context,
  inputs: BenchImageInputs,
): Promise<{ id: string; state: BenchImageState }> {
  const seen: Done = digestSeen(context, inputs);
  const published = await findExisting(context, inputs);
  if (published.kind === "other") throw new PublishError(immutableVersion(inputs, published));
  if (published.kind === "same") {
    context.log.info(
      `image ${inputs.name} ${inputs.version} is in ICA already, and is taken over: no build, no upload`,
    );
    return keepingId(context, inputs, published.image, seen, async () => {
      const taken = await finish(context, inputs, published.image, seen);
      if (inputs.regions === undefined || areAmong(inputs.regions, published.image)) return taken;
      // Added only: other stacks may need the image in the regions that this one does not name.
      await addMissingRegions(context, published.image, await regionIds(context, inputs.projectId, inputs.regions));
      return { ...taken, state: stateOf(await context.client.dockerImages.get(published.image.id), inputs, seen) };
    });
  }
  const regions = await regionIds(context, inputs.projectId, inputs.regions);
  const format = await dockerFormat(context);
  let done = seen;
  let upload: { bytes: number; sha256: string } | undefined;
  let datum = await completeArchive(context, inputs);
  if (datum !== undefined)
    context.log.info(`archive ${archiveName(inputs)} is in the project already: no build, no upload`);
  else {
    const ready = await readyImage(context, inputs);
    try {
      // Only now: a build that fails must not leave an empty file in the project.
      const file = await openArchiveFile(context, inputs, format.code);
      if (file.kind === "complete") datum = file.datum;
      else {
        const sent = await sendOrTakeOver(context, inputs, ready, file);
        if (sent.upload !== undefined) done = { ...done, imageDigest: ready.digest() };
        upload = sent.upload;
        datum = sent.datum;
      }
    } finally {
      ready.drop();
    }
  }
  const labelled = await labelArchive(context, inputs, datum, format, { sha256: upload?.sha256, imageId: undefined });
  const archive = factsOf(inputs, labelled, upload);
  done = { ...done, archive };
  const registered = await register(context, inputs, archive.dataId, regions);
  if (registered.kind === "other") throw new PublishError(immutableVersion(inputs, registered));
  const { image } = registered;
  context.log.info(
    registered.kind === "new"
      ? `image ${inputs.name} ${inputs.version} registered (id ${image.id}); ICA makes it now`
      : `another run has registered ${inputs.name} ${inputs.version} (id ${image.id}): it is taken over`,
  );
  return keepingId(context, inputs, image, done, async () => {
    await labelArchive(context, inputs, labelled, format, { sha256: archive.sha256, imageId: image.id });
    return finish(context, inputs, image, done);
  });
}

/** Waits for a registered image, and compares what ICA cannot be told with what was declared. */
export async function finish(
  context: Context,
  inputs: BenchImageInputs,
  image: DockerImage,
  done: Done,
): Promise<{ id: string; state: BenchImageState }> {
  return keepingId(context, inputs, image, done, async () => {
    const start = context.clock.now();
    const limit = timeoutMs(inputs.timeouts, "create", defaultCreateTimeout);
    // ICA has just said so, and asking once more would say the same.
    const ready = image.status === "AVAILABLE" ? image : await awaitImage(context, inputs, image.id, limit);
    if (image.status !== "AVAILABLE")
      context.log.info(
        `image ${inputs.name} ${inputs.version} is AVAILABLE after ${formatDuration(context.clock.now() - start)}`,
      );
    for (const line of settingsToChange(ready, inputs))
      context.log.warn(`image ${inputs.name} ${inputs.version}: ${line}`);
    return { id: ready.id, state: stateOf(ready, inputs, done) };
  });
}

/** Runs steps after ICA has the image: whatever fails, its id is kept. */
async function keepingId<T>(
  context: Context,
  inputs: BenchImageInputs,
  image: DockerImage,
  done: Done,
  steps: () => Promise<T>,
): Promise<T> {
  try {
    return await steps();
  } catch (error) {
    if (error instanceof PartialError) throw error;
    const failed = error instanceof ImageBuildFailed;
    if (failed && done.archive !== undefined) {
      // A registered image that failed will fail again from the same archive: the next run uploads a new one.
      await forgetArchive(context, done.archive);
    }
    const state = stateOf(failed ? { ...image, status: "BUILDFAILED" } : image, inputs, done);
    throw new PartialError(image.id, state, wordsOf(error), { cause: error });
  }
}

/** What of the image is in ICA already. */
async function findExisting(context: Context, inputs: BenchImageInputs): Promise<Published> {
  if (inputs.existingId !== undefined)
    return { kind: "same", image: await existingImage(context, inputs, inputs.existingId) };
  const seen = publishedSeen(context, inputs);
  return seen === undefined ? findPublished(context, inputs) : findAgain(context, inputs, seen);
}
