import { BlockCache, cacheFolder } from "../bzip2/block-cache";
import type { Context } from "../context";
import { formatDuration } from "../duration";
import { PartialError } from "../handler";
import type { DockerImage } from "../ica/docker-images";
import { IcaError } from "../ica/error";
import { timeoutMs } from "../inputs";
import { wordsOf } from "../words";
import { archiveImage } from "./archive";
import { describeLayers } from "./archive-count";
import {
  type ArchiveFile,
  awaitAvailable,
  completeArchive,
  dockerFormat,
  factsOf,
  labelArchive,
  openArchiveFile,
} from "./archive-file";
import { ContractError } from "./contract-error";
import { archiveName } from "./identity";
import type { BenchImageInputs } from "./inputs";
import { findPublished, immutableVersion, isGone } from "./published";
import { PublishError, type ReadyImage, readyImage } from "./ready-image";
import { addMissingRegions, regionIds } from "./regions";
import { awaitImage, ImageBuildFailed, register } from "./register";
import { settingsToChange } from "./settings";
import { type ArchiveFacts, type BenchImageState, type Done, stateOf } from "./state";
import { uploadArchive } from "./upload";

/** Default limit for ICA to make an image; 5 to 30 minutes are normal (the vendor's page). */
export const defaultCreateTimeout = "60m";

/** Publishes an image, each step only if it is not done yet: safe to repeat after a crash at any point. */
export async function publish(
  context: Context,
  inputs: BenchImageInputs,
): Promise<{ id: string; state: BenchImageState }> {
  const published =
    inputs.existingId === undefined
      ? await findPublished(context, inputs)
      : await existing(context, inputs, inputs.existingId);
  if (published.kind === "other") throw new PublishError(immutableVersion(inputs, published));
  if (published.kind === "same") {
    context.log.info(
      `image ${inputs.name} ${inputs.version} is in ICA already, and is taken over: no build, no upload`,
    );
    return keepingId(context, inputs, published.image, {}, async () => {
      const taken = await finish(context, inputs, published.image, {});
      if (inputs.regions === undefined) return taken;
      // Added only: other stacks may need the image in the regions that this one does not name.
      await addMissingRegions(context, published.image, await regionIds(context, inputs.projectId, inputs.regions));
      return { ...taken, state: stateOf(await context.client.dockerImages.get(published.image.id), inputs, {}) };
    });
  }
  const regions = await regionIds(context, inputs.projectId, inputs.regions);
  const format = await dockerFormat(context);
  let done: Done = {};
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
        upload = await send(context, inputs, ready, file);
        done = { ...done, imageDigest: ready.digest() };
        datum = await awaitAvailable(context, inputs, file.dataId, upload.bytes);
      }
    } finally {
      ready.drop();
    }
  }
  const labelled = await labelArchive(context, inputs, datum, format, { sha256: upload?.sha256, imageId: undefined });
  const archive = factsOf(inputs, labelled, upload);
  done = { ...done, archive };
  const image = await register(context, inputs, archive.dataId, regions);
  context.log.info(`image ${inputs.name} ${inputs.version} registered (id ${image.id}); ICA makes it now`);
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
    const ready = await awaitImage(
      context,
      inputs,
      image.id,
      timeoutMs(inputs.timeouts, "create", defaultCreateTimeout),
    );
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

/** A file that cannot be deleted must not hide why the image failed, nor cost its id. */
async function forgetArchive(
  context: Context,
  archive: Pick<ArchiveFacts, "projectId" | "dataId" | "name">,
): Promise<void> {
  try {
    await context.client.projectData.delete(archive.projectId, archive.dataId);
  } catch (error) {
    if (error instanceof IcaError && error.isNotFound) return;
    context.log.warn(
      `archive ${archive.name} (${archive.dataId}) could not be deleted, and the next run would register it again; delete it by hand. ` +
        wordsOf(error),
    );
  }
}

type OpenFile = Extract<ArchiveFile, { kind: "open" }>;

/** Sends an image. What passes by and turns out to break the contract leaves nothing in the project. */
async function send(
  context: Context,
  inputs: BenchImageInputs,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ bytes: number; sha256: string }> {
  try {
    return await transfer(context, inputs, ready, file);
  } catch (error) {
    if (error instanceof ContractError)
      await forgetArchive(context, { projectId: inputs.projectId, dataId: file.dataId, name: archiveName(inputs) });
    throw error;
  }
}

/** Save, compress, upload: one stream, no temporary file. */
async function transfer(
  context: Context,
  inputs: BenchImageInputs,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ bytes: number; sha256: string }> {
  const { clock, config, log, signal } = context;
  const name = archiveName(inputs);
  const start = clock.now();
  log.info(`uploading ${name}`);
  const archive = await archiveImage({
    docker: ready,
    ref: ready.reference,
    compression: inputs.archive.compression,
    cache:
      config.layerCacheSize === 0
        ? undefined
        : new BlockCache({ folder: cacheFolder(), limit: config.layerCacheSize, warn: (line) => log.warn(line) }),
    signal,
  });
  const result = await uploadArchive({
    source: archive.stream,
    credentials: file.credentials,
    renew: file.renew,
    ...(config.s3Endpoint === undefined ? {} : { endpoint: config.s3Endpoint }),
    onProgress: (bytes) =>
      log.status(`uploading ${name}: ${megabytes(bytes)} in ${formatDuration(clock.now() - start)}`),
    signal,
  });
  await archive.done;
  const { info, warning } = describeLayers(archive.layers());
  log.info(`uploaded ${megabytes(result.bytes)} in ${formatDuration(clock.now() - start)}${info}`);
  if (warning !== undefined) log.warn(warning);
  return result;
}

async function existing(context: Context, inputs: BenchImageInputs, id: string) {
  const image = await context.client.dockerImages.get(id);
  const wrong = [
    isGone(image) ? `its status is ${image.status}` : undefined,
    image.type === "BENCH" ? undefined : `its type is ${image.type}, not BENCH`,
    image.name === inputs.name ? undefined : `its name is ${image.name}, not ${inputs.name}`,
    image.version === inputs.version ? undefined : `its version is ${image.version ?? "none"}, not ${inputs.version}`,
  ].filter((problem) => problem !== undefined);
  if (wrong.length > 0) throw new PublishError(`existingId ${id} cannot be taken over: ${wrong.join(", ")}`);
  return { kind: "same", image } as const;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
