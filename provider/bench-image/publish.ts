import { compressor } from "../bzip2/compress";
import type { Context } from "../context";
import { dockerFormat, factsOf, labelArchive, openArchiveFile } from "./archive-file/archive-file";
import { usableArchive } from "./archive-file/failed";
import { sendOrAdopt } from "./archive-file/send";
import { archiveTarget } from "./identity";
import type { BenchImageInputs } from "./inputs";
import { PublishError } from "./publish-error";
import { regionIds } from "./regions/regions";
import { existingImage } from "./registration/existing-image";
import { finishExisting, finishNew, keepImageId } from "./registration/finish";
import { findAgain, findPublished, immutableVersion, type Published } from "./registration/published";
import { register } from "./registration/register";
import { rememberedDigest, rememberedImageId } from "./remembered";
import { readyImage } from "./source/ready-image";
import type { BenchImageState, PublishedRecord } from "./state";

/** Publishes an image. Each step runs only if its result is missing, so a repeat after a crash is safe at any point. */
export async function publish(
  context: Context,
  inputs: BenchImageInputs,
): Promise<{ id: string; state: BenchImageState }> {
  const seen: PublishedRecord = rememberedDigest(context, inputs);
  const published = await findExisting(context, inputs);
  if (published.kind === "other") {
    throw new PublishError(immutableVersion(inputs, published));
  }
  if (published.kind === "same") {
    context.log.info("adopting the image that is in ICA already: no build, no upload");
    return finishExisting(context, inputs, published.image, seen);
  }
  const regions = await regionIds(context, inputs.projectId, inputs.regions);
  const format = await dockerFormat(context);
  const target = archiveTarget(inputs);
  let done = seen;
  let upload: { bytes: number; sha256: string } | undefined;
  let datum = await usableArchive(context, target);
  if (datum !== undefined) {
    context.log.info(`using the archive that is in the project already: no build, no upload (${target.name})`);
  } else {
    // Fail before minutes go into a build.
    if (target.compression === "bzip2") {
      await compressor();
    }
    const ready = await readyImage(context, inputs);
    try {
      // Only after the build, since a failed build must not leave an empty file in the project.
      const file = await openArchiveFile(context, target, format.code);
      if (file.kind === "complete") {
        datum = file.datum;
      } else {
        const sent = await sendOrAdopt(context, target, ready, file);
        if (sent.upload !== undefined) {
          done = { ...done, imageDigest: ready.digest() };
        }
        upload = sent.upload;
        datum = sent.datum;
      }
    } finally {
      ready.drop();
    }
  }
  const labelled = await labelArchive(context, target, datum, format, { sha256: upload?.sha256, imageId: undefined });
  const archive = factsOf(target, labelled, upload);
  done = { ...done, archive };
  const registered = await register(context, inputs, archive.dataId, regions);
  if (registered.kind === "other") {
    throw new PublishError(immutableVersion(inputs, registered));
  }
  const { image, kind } = registered;
  context.log.info(
    kind === "new"
      ? `registered as image ${image.id}; ICA makes it now`
      : `adopting the image that another run has registered (id ${image.id})`,
  );
  return keepImageId(context, inputs, image, done, async () => {
    await labelArchive(context, target, labelled, format, { sha256: archive.sha256, imageId: image.id });
    return kind === "new" ? finishNew(context, inputs, image, done) : finishExisting(context, inputs, image, done);
  });
}

/** Whether ICA already has the image. */
async function findExisting(context: Context, inputs: BenchImageInputs): Promise<Published> {
  if (inputs.existingId !== undefined) {
    return { kind: "same", image: await existingImage(context, inputs, inputs.existingId) };
  }
  const seen = rememberedImageId(context, inputs);
  return seen === undefined ? findPublished(context, inputs) : findAgain(context, inputs, seen);
}
