import type { Context } from "../../context";
import { errorMessage } from "../../error-message";
import type { ProjectDatum } from "../../ica/project-data";
import { IcaError } from "../../ica/transport/error";
import { type ArchiveTarget, readTags } from "../identity";
import { ArchiveFileError, completeArchive, deleteArchive } from "./archive-file";

/**
 * The archive of this content, if an earlier run uploaded all of it and ICA can make an image from it. If ICA has failed to
 * make an image from it before (the archive's tag and that image's status show this), the archive would fail again after an
 * equally long wait. So this deletes it, and the caller uploads it again. The run that saw the failure may not have deleted
 * it: it may have ended earlier, or adopted another run's image.
 */
export async function usableArchive(context: Context, target: ArchiveTarget): Promise<ProjectDatum | undefined> {
  const archive = await completeArchive(context, target);
  const { imageId } = readTags(archive?.data.details?.tags?.technicalTags ?? []);
  if (archive === undefined || imageId === undefined || !(await hasFailed(context, imageId))) {
    return archive;
  }
  const what = `archive ${target.path} (${archive.data.id}), of which ICA could not make image ${imageId},`;
  try {
    await deleteArchive(context, target, { projectId: archive.projectId, dataId: archive.data.id });
  } catch (error) {
    if (!(error instanceof IcaError)) {
      throw error;
    }
    throw new ArchiveFileError(
      `${what} cannot be deleted, and would fail again. Delete that file in the project and run "pulumi up" again. ${errorMessage(error)}`,
      { cause: error },
    );
  }
  context.log.info(`uploading again: deleted ${what.replace(/,$/, "")}`);
  return undefined;
}

async function hasFailed({ client }: Context, imageId: string): Promise<boolean> {
  return (await client.dockerImages.find(imageId))?.status === "BUILDFAILED";
}
