import { pipeline, type Readable, Transform } from "node:stream";
import { BlockCache, cacheFolder } from "../bzip2/block-cache";
import type { Context } from "../context";
import { formatDuration } from "../duration";
import type { ProjectDatum } from "../ica/project-data";
import { archiveImage } from "./archive";
import { describeLayers } from "./archive-count";
import { ArchiveCompleted, type ArchiveFile, awaitAvailable, completeArchive } from "./archive-file";
import { archiveName } from "./identity";
import type { BenchImageInputs } from "./inputs";
import { UploadError, uploadArchive } from "./upload";

/** The local image on its way into the archive's file. */

/**
 * Uploads the archive. When another run completes the same file first (its name holds the content's hash), this one's upload is
 * given up, and what is there is taken over: both go on with one archive.
 */
export async function sendOrTakeOver(
  context: Context,
  inputs: BenchImageInputs,
  reference: string,
  file: Extract<ArchiveFile, { kind: "open" }>,
): Promise<{ datum: ProjectDatum; upload: { bytes: number; sha256: string } | undefined }> {
  try {
    const upload = await send(context, inputs, reference, file);
    return { upload, datum: await awaitAvailable(context, inputs, file.dataId, upload.bytes) };
  } catch (error) {
    // A store that no longer takes anything for the object refuses before the question was put.
    if (!(error instanceof ArchiveCompleted || error instanceof UploadError)) throw error;
    const datum = await completeArchive(context, inputs);
    if (datum === undefined) throw error;
    context.log.info(`another run has uploaded ${archiveName(inputs)} first: it is taken over`);
    return { upload: undefined, datum };
  }
}

/** Save, compress, upload: one stream, no temporary file. */
async function send(
  context: Context,
  inputs: BenchImageInputs,
  reference: string,
  file: Extract<ArchiveFile, { kind: "open" }>,
): Promise<{ bytes: number; sha256: string }> {
  const { clock, config, log, signal } = context;
  const name = archiveName(inputs);
  const start = clock.now();
  log.info(`uploading ${name}`);
  const archive = await archiveImage({
    docker: await context.docker(),
    ref: reference,
    compression: inputs.archive.compression,
    cache:
      config.layerCacheSize === 0
        ? undefined
        : new BlockCache({ folder: cacheFolder(), limit: config.layerCacheSize, warn: (line) => log.warn(line) }),
    signal,
  });
  const result = await uploadArchive({
    source: endingWith(archive.stream, file.assertOpen),
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

/** A stream that ends only if `check` agrees: an upload that is not complete is given up without a trace. */
function endingWith(stream: Readable, check: () => Promise<void>): Readable {
  const gate = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush: (done) => {
      check().then(() => done(), done);
    },
  });
  // What goes wrong on either side ends both, and reaches whoever reads the gate.
  pipeline(stream, gate, () => undefined);
  return gate;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
