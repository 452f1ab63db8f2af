import pLimit from "p-limit";
import { archiveImage } from "../../archive/archive";
import { BlockCache } from "../../archive/block-cache";
import { describeLayers } from "../../archive/layer-summary";
import { cacheFolder } from "../../cache-folder";
import type { Config } from "../../config";
import type { Context } from "../../context";
import type { ProjectDatum } from "../../ica/project-data";
import { isLoopback } from "../../ica/transport/proxy";
import { formatDuration } from "../../inputs/duration";
import { UploadNotes } from "../../upload/abandoned";
import { UploadError, uploadArchive } from "../../upload/upload";
import type { ArchiveTarget } from "../identity";
import { ContractError } from "../source/contract-error";
import type { ReadyImage } from "../source/ready-image";
import { ArchiveCompleted, type ArchiveFile, awaitAvailable, completeArchive } from "./archive-file";
import { forgetArchive } from "./forget";

type OpenFile = Extract<ArchiveFile, { kind: "open" }>;

/**
 * Uploads the archive. If another run completes the same file first (the file name contains the content hash), this run
 * stops its upload and adopts that file, so both use one archive.
 */
export async function sendOrAdopt(
  context: Context,
  target: ArchiveTarget,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ datum: ProjectDatum; upload: { bytes: number; sha256: string } | undefined }> {
  try {
    const upload = await send(context, target, ready, file);
    return { upload, datum: await awaitAvailable(context, target, file.dataId, upload.bytes) };
  } catch (error) {
    // The store may refuse the object before the check for another run's upload has run.
    if (!(error instanceof ArchiveCompleted || error instanceof UploadError)) {
      throw error;
    }
    // If ICA cannot answer, report the store's refusal.
    const datum = await completeArchive(context, target).catch(() => undefined);
    if (datum === undefined) {
      throw error;
    }
    context.log.info(`adopting the archive that another run uploaded first (${target.name})`);
    return { upload: undefined, datum };
  }
}

/**
 * Number of images that this process sends at a time. Each takes about 200 MB of memory, and Docker keeps a copy until it is
 * read.
 */
const mostTransfers = 2;
const transfers = pLimit(mostTransfers);

/** Sends an image. If the image turns out to break the contract while it streams, nothing stays in the project. */
async function send(
  context: Context,
  target: ArchiveTarget,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ bytes: number; sha256: string }> {
  if (transfers.activeCount >= mostTransfers) {
    context.log.info("waiting for other uploads");
  }
  try {
    return await transfers(() => transfer(context, target, ready, file));
  } catch (error) {
    if (error instanceof ContractError) {
      await forgetArchive(context, target, {
        projectId: target.projectId,
        dataId: file.dataId,
        name: target.name,
      });
    }
    throw error;
  }
}

/** Saves, compresses and uploads in one stream, without a temporary file of the archive. */
async function transfer(
  context: Context,
  target: ArchiveTarget,
  ready: ReadyImage,
  file: OpenFile,
): Promise<{ bytes: number; sha256: string }> {
  const { clock, config, log, signal } = context;
  const start = clock.now();
  log.info(`uploading ${target.name}`);
  const archive = await archiveImage({
    docker: ready,
    ref: ready.reference,
    compression: target.compression,
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
    source: archive,
    credentials: file.credentials,
    renew: file.renew,
    ...(config.s3Endpoint === undefined ? {} : { endpoint: config.s3Endpoint }),
    onProgress: (bytes) => log.status(uploadStatus(bytes, clock.now() - start)),
    beforeEnd: async () => {
      await ready.assertSame?.();
      await file.assertOpen();
    },
    notes: new UploadNotes(),
    signal,
  }).catch((error: unknown) => {
    throw withStore(error, config);
  });
  await archive.done;
  if (result.leftover !== undefined) {
    log.info(result.leftover);
  }
  const { info, warning } = describeLayers(archive.layers());
  log.info(`uploaded ${megabytes(result.bytes)} in ${formatDuration(clock.now() - start)}${info}`);
  if (warning !== undefined) {
    log.warn(warning);
  }
  return result;
}

/**
 * Adds to a failed upload where the store's setting is, or that it may be missing. An upload goes to AWS or to the store in
 * that setting.
 */
function withStore(error: unknown, { s3Endpoint, baseUrl, from }: Config): unknown {
  if (!(error instanceof UploadError)) {
    return error;
  }
  const store =
    s3Endpoint !== undefined
      ? ` The object store was ${s3Endpoint}: ${from.s3Endpoint ?? "ica:s3Endpoint"}.`
      : isLoopback(baseUrl)
        ? " The object store was AWS, since neither ica:s3Endpoint nor ICA_S3_ENDPOINT is set; an emulator has a store of its own."
        : "";
  return store === "" ? error : new UploadError(`${error.message}${store}`, error.code);
}

/** Short, since a row of the display has little room. */
function uploadStatus(bytes: number, ms: number): string {
  const rate = ms < 1000 ? "" : `, ${megabytes((bytes * 1000) / ms)}/s`;
  return `uploading: ${megabytes(bytes)}${rate}, ${formatDuration(ms)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
