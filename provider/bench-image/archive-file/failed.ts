import type { Context } from "../../context";
import { errorMessage } from "../../error-message";
import type { ProjectDatum } from "../../ica/project-data";
import { IcaError } from "../../ica/transport/error";
import { archivePath, readTags } from "../identity";
import type { BenchImageInputs } from "../inputs";
import { ArchiveFileError, completeArchive, deleteArchive } from "./archive-file";

/**
 * The archive of this content, if an earlier run uploaded all of it and it is good for an image. One that ICA could not make an image of,
 * as its own tag and the status of that image tell, would fail again after as long a wait: it is deleted, and has to be uploaded anew.
 * The run that met the failure has not always done so: it may have ended before, or have taken over the image of another run.
 */
export async function usableArchive(context: Context, inputs: BenchImageInputs): Promise<ProjectDatum | undefined> {
  const archive = await completeArchive(context, inputs);
  const { imageId } = readTags(archive?.data.details?.tags?.technicalTags ?? []);
  if (archive === undefined || imageId === undefined || !(await hasFailed(context, imageId))) return archive;
  const what = `archive ${archivePath(inputs)} (${archive.data.id}), of which ICA could not make image ${imageId},`;
  try {
    await deleteArchive(context, inputs, { projectId: archive.projectId, dataId: archive.data.id });
  } catch (error) {
    if (!(error instanceof IcaError)) throw error;
    throw new ArchiveFileError(
      `${what} cannot be deleted, and would fail again. Delete that file in the project and run "pulumi up" again. ${errorMessage(error)}`,
      { cause: error },
    );
  }
  context.log.info(`uploading anew: deleted ${what.replace(/,$/, "")}`);
  return undefined;
}

async function hasFailed({ client }: Context, imageId: string): Promise<boolean> {
  return (await client.dockerImages.find(imageId))?.status === "BUILDFAILED";
}
