import pLimit from "p-limit";
import { BlockCache } from "../bzip2/block-cache";
import { cacheFolder } from "../cache-folder";
import type { Context } from "../context";
import { formatDuration } from "../duration";
import { IcaError } from "../ica/error";
import type { ProjectDatum } from "../ica/project-data";
import { wordsOf } from "../words";
import { archiveImage } from "./archive";
import { describeLayers } from "./archive-count";
import { ArchiveCompleted, type ArchiveFile, awaitAvailable, completeArchive } from "./archive-file";
import { ContractError } from "./contract-error";
import { archiveName } from "./identity";
import type { BenchImageInputs } from "./inputs";
import type { ReadyImage } from "./ready-image";
import type { ArchiveFacts } from "./state";
import { UploadError, uploadArchive } from "./upload";
import { UploadNotes } from "./upload-notes";

type OpenFile = Extract<ArchiveFile, { kind: "open" }>;

/**
 * Uploads the archive. When another run completes the same file first (its name holds the content's hash), this one's upload is
 * given up, and what is there is taken over: both go on with one archive.
 */
export async function sendOrTakeOver(
  context: Context,
  inputs: BenchImageInputs,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ datum: ProjectDatum; upload: { bytes: number; sha256: string } | undefined }> {
  try {
    const upload = await send(context, inputs, ready, file);
    return { upload, datum: await awaitAvailable(context, inputs, file.dataId, upload.bytes) };
  } catch (error) {
    // A store that no longer takes anything for the object refuses before the question was put.
    if (!(error instanceof ArchiveCompleted || error instanceof UploadError)) throw error;
    // Where ICA cannot be asked, it is the store's refusal that counts.
    const datum = await completeArchive(context, inputs).catch(() => undefined);
    if (datum === undefined) throw error;
    context.log.info(`another run has uploaded ${archiveName(inputs)} first: it is taken over`);
    return { upload: undefined, datum };
  }
}

/** Images that this process sends at a time. Each takes some 200 MB of memory, and Docker keeps a copy of it until it is read. */
const mostTransfers = 2;
const transfers = pLimit(mostTransfers);

/** Sends an image. What passes by and turns out to break the contract leaves nothing in the project. */
async function send(
  context: Context,
  inputs: BenchImageInputs,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ bytes: number; sha256: string }> {
  if (transfers.activeCount >= mostTransfers) context.log.info(`${archiveName(inputs)} waits for other uploads`);
  try {
    return await transfers(() => transfer(context, inputs, ready, file));
  } catch (error) {
    if (error instanceof ContractError)
      await forgetArchive(context, { projectId: inputs.projectId, dataId: file.dataId, name: archiveName(inputs) });
    throw error;
  }
}

/** Save, compress, upload: one stream, no temporary file of the archive. */
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
    layers: ready.layers,
    compression: inputs.archive.compression,
    cache:
      config.layerCacheSize === 0
        ? undefined
        : new BlockCache({
            folder: cacheFolder("layers"),
            limit: config.layerCacheSize,
            warn: (line) => log.warn(line),
          }),
    signal,
  });
  const result = await uploadArchive({
    source: archive.stream,
    credentials: file.credentials,
    renew: file.renew,
    ...(config.s3Endpoint === undefined ? {} : { endpoint: config.s3Endpoint }),
    onProgress: (bytes) =>
      log.status(`uploading ${name}: ${megabytes(bytes)} in ${formatDuration(clock.now() - start)}`),
    beforeEnd: async () => {
      await ready.assertSame?.();
      await file.assertOpen();
    },
    notes: new UploadNotes(),
    headStart: archive.headStart,
    signal,
  });
  await archive.done;
  if (result.leftover !== undefined) log.info(result.leftover);
  const { info, warning } = describeLayers(archive.layers());
  log.info(`uploaded ${megabytes(result.bytes)} in ${formatDuration(clock.now() - start)}${info}`);
  if (warning !== undefined) log.warn(warning);
  return result;
}

/** A file that cannot be deleted must not hide why the image failed, nor cost its id. */
export async function forgetArchive(
  context: Context,
  archive: Pick<ArchiveFacts, "projectId" | "dataId" | "name">,
): Promise<void> {
  try {
    await context.client.projectData.delete(archive.projectId, archive.dataId);
  } catch (error) {
    if (error instanceof IcaError && error.isNotFound) return;
    context.log.warn(
      `archive ${archive.name} (${archive.dataId}) could not be deleted, and is of no use: delete it by hand. ` +
        wordsOf(error),
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
