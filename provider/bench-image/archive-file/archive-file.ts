import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context";
import type { AwsCredentials, ProjectDatum } from "../../ica/project-data";
import { IcaError } from "../../ica/transport/error";
import { poll } from "../../poll";
import { type ArchiveTarget, archiveTags, mergeTags, readTags } from "../identity";
import type { ArchiveFacts } from "../state";

/** Manages the archive as a file of the project: creates, fills and tags it, and sets its format. */

/** The archive's file is not in the expected state. */
export class ArchiveFileError extends Error {
  override readonly name = "ArchiveFileError";
}

/** Milliseconds for ICA to register that an upload is complete; the vendor gives no figure. */
const availableWithinMs = 15 * 60_000;

/**
 * The code of ICA's Docker format. The vendor's page calls it DOCKER ("From the format list, select DOCKER"). No document
 * gives the code, so this reads the documented list of formats.
 */
export async function dockerFormat(context: Context): Promise<{ id: string; code: string }> {
  const formats = await context.client.dataFormats.list();
  const format = formats.find(({ code }) => code.toUpperCase() === "DOCKER");
  if (format === undefined) {
    const similar = formats.map(({ code }) => code).filter((code) => /docker|image|tar/i.test(code));
    throw new ArchiveFileError(
      `GET /api/dataFormats lists no format DOCKER, which the vendor's page names${similar.length > 0 ? `; similar ones are ${similar.join(", ")}` : ""}. ` +
        "Without it ICA does not take the file as an image; ask your tenant's administrator.",
    );
  }
  return format;
}

/** An archive that is already complete, or a file to upload into. */
export type ArchiveFile =
  | { readonly kind: "complete"; readonly datum: ProjectDatum }
  | {
      readonly kind: "open";
      readonly dataId: string;
      readonly credentials: AwsCredentials;
      readonly renew: () => Promise<AwsCredentials>;
      /** Rejects with {@link ArchiveCompleted} when another run was faster. */
      readonly assertOpen: () => Promise<void>;
    };

/** The archive of this content, whether its upload is complete (AVAILABLE) or only started (PARTIAL). */
export async function findArchive(
  context: Context,
  { projectId, path }: Pick<ArchiveTarget, "projectId" | "path">,
): Promise<ProjectDatum | undefined> {
  const found = await context.client.projectData.findByPath(projectId, path);
  return found.find((datum) => statusOf(datum) === "AVAILABLE") ?? found.find((datum) => statusOf(datum) === "PARTIAL");
}

/** The archive, if an earlier run uploaded all of it. */
export async function completeArchive(context: Context, target: ArchiveTarget): Promise<ProjectDatum | undefined> {
  const found = await findArchive(context, target);
  return found !== undefined && statusOf(found) === "AVAILABLE" ? found : undefined;
}

/** Another run has completed the archive that this run was uploading. */
export class ArchiveCompleted extends Error {
  override readonly name = "ArchiveCompleted";
}

/**
 * Finds or creates the archive's file. If an interrupted run left it PARTIAL, this run fills it again: ICA allows that only
 * for partial files.
 */
export async function openArchiveFile(
  context: Context,
  target: ArchiveTarget,
  formatCode: string,
): Promise<ArchiveFile> {
  const found = await findArchive(context, target);
  try {
    return found === undefined ? await makeFile(context, target, formatCode) : await openFile(context, target, found);
  } catch (error) {
    if (!(error instanceof IcaError) || error.kind !== "refused") {
      throw error;
    }
    // Since the first look, another run may have created or completed the file. In that case its id or status differs now.
    const now = await findArchive(context, target);
    if (
      now === undefined ||
      isDeepStrictEqual([now.data.id, statusOf(now)], [found?.data.id, found && statusOf(found)])
    ) {
      throw error;
    }
    return openFile(context, target, now);
  }
}

async function makeFile(context: Context, target: ArchiveTarget, formatCode: string): Promise<ArchiveFile> {
  const { datum, credentials } = await context.client.projectData.createFileWithCredentials(
    target.projectId,
    { name: target.name, folderPath: target.folder, formatCode },
    // A new key for each attempt makes retries of this one call safe. A later attempt finds the file by its path.
    randomUUID(),
  );
  return openWith(context, target, datum.data.id, credentials);
}

async function openFile(context: Context, target: ArchiveTarget, datum: ProjectDatum): Promise<ArchiveFile> {
  if (statusOf(datum) === "AVAILABLE") {
    return { kind: "complete", datum };
  }
  const { id } = datum.data;
  return openWith(context, target, id, await context.client.projectData.createCredentials(target.projectId, id));
}

function openWith(context: Context, target: ArchiveTarget, dataId: string, credentials: AwsCredentials): ArchiveFile {
  const { projectData } = context.client;
  return {
    kind: "open",
    dataId,
    credentials,
    renew: () => projectData.createCredentials(target.projectId, dataId),
    assertOpen: async () => {
      const datum = await projectData.get(target.projectId, dataId);
      if (statusOf(datum) === "AVAILABLE") {
        throw new ArchiveCompleted(`another run has completed ${target.name}`);
      }
    },
  };
}

function statusOf({ data }: ProjectDatum): string | undefined {
  return data.details?.status;
}

/** Waits until ICA has registered the whole upload, and checks that nothing is missing. */
export async function awaitAvailable(
  context: Context,
  target: ArchiveTarget,
  dataId: string,
  size: number,
): Promise<ProjectDatum> {
  const datum = await poll({
    clock: context.clock,
    signal: context.signal,
    what: `for ICA to have the file ${target.name}`,
    timeoutMs: availableWithinMs,
    look: () => context.client.projectData.get(target.projectId, dataId),
    done: ({ data }) => data.details?.status === "AVAILABLE",
    timedOut: ({ data }) =>
      `ICA still calls the uploaded file ${target.name} (${dataId}) ${data.details?.status ?? "nothing"}, not AVAILABLE`,
  });
  const reported = datum.data.details?.fileSizeInBytes;
  if (reported !== undefined && reported !== null && reported !== size) {
    throw new ArchiveFileError(
      `ICA has ${reported} bytes of ${target.path}, but ${size} were uploaded. Delete that file in the project and run "pulumi up" again.`,
    );
  }
  return datum;
}

/** Sets the Docker format and this project's tags, if the file lacks them. */
export async function labelArchive(
  context: Context,
  target: ArchiveTarget,
  datum: ProjectDatum,
  format: { id: string; code: string },
  facts: { sha256: string | undefined; imageId: string | undefined },
): Promise<ProjectDatum> {
  const details = datum.data.details;
  if (details == null) {
    throw new ArchiveFileError(`ICA gives no details of file ${datum.data.id}, so its format cannot be set`);
  }
  const present = details.tags?.technicalTags;
  // Keep the hash that another run stored: this run may not have seen the bytes.
  const sha256 = facts.sha256 ?? readTags(present ?? []).sha256;
  const tags = mergeTags(present, archiveTags(target.image, sha256, facts.imageId));
  if (details.format?.code === format.code && JSON.stringify(present) === JSON.stringify(tags)) {
    return datum;
  }
  return context.client.projectData.update({
    ...datum,
    data: {
      ...datum.data,
      details: { ...details, format: { ...details.format, ...format }, tags: { ...details.tags, technicalTags: tags } },
    },
  });
}

/**
 * Deletes the archive's file. A file that ICA does not find counts as deleted only if the project has none at the archive's
 * path: one wrong 404 must not leave gigabytes behind.
 */
export async function deleteArchive(
  context: Context,
  target: Pick<ArchiveTarget, "path">,
  { projectId, dataId }: Pick<ArchiveFacts, "projectId" | "dataId">,
): Promise<void> {
  const { projectData } = context.client;
  try {
    await projectData.delete(projectId, dataId);
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isNotFound) {
      throw error;
    }
    const there = await projectData.findByPath(projectId, target.path);
    if (there.some((datum) => datum.data.id === dataId && statusOf(datum) !== "DELETING")) {
      throw error;
    }
  }
}

/** The facts about the archive to save in the state. */
export function factsOf(
  target: ArchiveTarget,
  datum: ProjectDatum,
  upload: { bytes: number; sha256: string } | undefined,
): ArchiveFacts {
  return {
    dataId: datum.data.id,
    projectId: datum.projectId,
    name: target.name,
    size: upload?.bytes ?? datum.data.details?.fileSizeInBytes ?? 0,
    sha256: upload?.sha256 ?? readTags(datum.data.details?.tags?.technicalTags ?? []).sha256,
  };
}
