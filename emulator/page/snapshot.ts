import type { EmulatorContext } from "../context";
import type { ProjectData } from "../data/project-data";
import type { DataRecord } from "../data/record";
import { bucketOf, keyOf } from "../data/transfer";
import type { ImageRecord } from "../images/images";
import type { ObjectStore } from "../object-store/server";
import { type UploadProgress, uploadsUnderWay } from "../object-store/storage/progress";
import type { Workspaces } from "../workspaces/index";
import type { WorkspaceRecord } from "../workspaces/record";
import { workspaceEtag } from "../workspaces/view";
import type { ImageFacts } from "./image-facts";
import type { DataRow, ImageRow, Snapshot, WorkspaceRow } from "./protocol";

/** The sources of a snapshot. */
export interface Sources {
  readonly version: string;
  readonly context: EmulatorContext;
  readonly data: ProjectData;
  readonly objects: ObjectStore;
  readonly workspaces: Workspaces;
  readonly facts: ImageFacts;
}

/** Takes a snapshot of everything that the page shows. */
export async function snapshotOf(sources: Sources): Promise<Snapshot> {
  const { context, data, objects, workspaces } = sources;
  const { identity, images, config } = context;
  const records = data.list();
  const partial = new Map(
    records.filter(({ status }) => status === "PARTIAL").map((record) => [keyOf(identity, record), record.id]),
  );
  const uploads = await uploadsUnderWay(objects.disk, bucketOf(identity), new Set(partial.keys()));
  const uploadOf = new Map([...uploads].map(([key, progress]) => [partial.get(key), progress]));
  return {
    project: identity.project,
    instance: identity.instance,
    version: sources.version,
    images: images.list().map((image) => imageRow(image, sources)),
    ...(config.workspaces ? { workspaces: workspaces.desk.list().map((record) => workspaceRow(record, sources)) } : {}),
    data: records.map((record) => dataRow(record, uploadOf.get(record.id))),
  };
}

function imageRow(image: ImageRecord, { context, data, facts }: Sources): ImageRow {
  const { id, name, version, type, status, failure, source, benchSettings } = image;
  const archiveBytes = source.kind === "internal" ? data.get(source.dataId)?.sizeInBytes : undefined;
  const docker = status === "AVAILABLE" ? facts.of(id) : undefined;
  return {
    ...{ id, name, version, type, status },
    clusterCompatible: benchSettings?.clusterCompatible ?? false,
    ...(failure === undefined ? {} : { failure }),
    ...(source.kind === "external"
      ? {}
      : {
          regions: context.identity.regions
            .filter((region) => source.regionIds.includes(region.id))
            .map(({ code }) => code),
        }),
    ...(benchSettings === undefined ? {} : { access: benchSettings.access }),
    ...(archiveBytes === undefined ? {} : { archiveBytes }),
    ...(docker === undefined ? {} : { docker }),
  };
}

function workspaceRow(record: WorkspaceRecord, { context, workspaces }: Sources): WorkspaceRow {
  const { id, status, statusMessage, settings } = record;
  const image = context.images.get(settings.imageId);
  const { webUrl, consoleHost, consolePort } = workspaces.desk.view(record);
  return {
    ...{ id, status, settings },
    etag: workspaceEtag(record),
    ...(statusMessage === undefined ? {} : { statusMessage }),
    ...(image === undefined ? {} : { image: `${image.name} ${image.version}` }),
    ...(typeof webUrl === "string" ? { webUrl } : {}),
    ...(typeof consolePort === "number" ? { ssh: `ssh -p ${consolePort} ica@${String(consoleHost)}` } : {}),
  };
}

function dataRow(record: DataRecord, upload: UploadProgress | undefined): DataRow {
  const { id, path, type, status, formatCode, sizeInBytes } = record;
  const { bytes, parts } = upload ?? {};
  return {
    ...{ id, path, type, status },
    ...(formatCode === undefined ? {} : { format: formatCode }),
    ...(sizeInBytes === undefined ? {} : { bytes: sizeInBytes }),
    ...(bytes === undefined ? {} : { upload: { bytes, ...(parts === undefined ? {} : { parts }) } }),
  };
}
