import type { Context } from "../../context";
import { errorMessage } from "../../error-message";
import type { ArchiveTarget } from "../identity";
import type { ArchiveFacts } from "../state";
import { deleteArchive } from "./archive-file";

/** Deletes the archive. A failure to delete must not hide why the image failed, nor lose the image's id. */
export async function forgetArchive(
  context: Context,
  target: Pick<ArchiveTarget, "path">,
  archive: Pick<ArchiveFacts, "projectId" | "dataId" | "name">,
): Promise<void> {
  try {
    await deleteArchive(context, target, archive);
  } catch (error) {
    context.log.warn(
      `could not delete archive ${archive.name} (${archive.dataId}), which is of no use: delete it by hand. ` +
        errorMessage(error),
    );
  }
}
