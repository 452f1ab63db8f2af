import { z } from "zod";
import type { Formats } from "../catalog/formats";
import { regionView } from "../catalog/views";
import { type Identity, projectRegion } from "../state/identity";

const tagList = z.array(z.string());

/** Tags by kind, with the names of the documented `DataTag`. */
const dataTags = z.object({
  technicalTags: tagList,
  userTags: tagList,
  connectorTags: tagList,
  runInTags: tagList,
  runOutTags: tagList,
  referenceTags: tagList,
});
export type DataTags = z.infer<typeof dataTags>;

export const noTags: DataTags = {
  technicalTags: [],
  userTags: [],
  connectorTags: [],
  runInTags: [],
  runOutTags: [],
  referenceTags: [],
};

/** A file or folder of the project as the emulator stores it. */
export const dataRecord = z.object({
  /** `fil.` or `fol.` and 32 hex digits. */
  id: z.string().regex(/^fi?o?l\.[0-9a-f]{32}$/),
  type: z.enum(["FILE", "FOLDER"]),
  name: z.string(),
  /** Full path; a folder's ends with `/`. */
  path: z.string(),
  /** A file is PARTIAL until its object is complete. Folders are AVAILABLE. */
  status: z.enum(["PARTIAL", "AVAILABLE"]),
  formatCode: z.string().optional(),
  tags: dataTags,
  timeCreated: z.iso.datetime(),
  timeModified: z.iso.datetime(),
  sizeInBytes: z.int().optional(),
  objectETag: z.string().optional(),
  storedAt: z.iso.datetime().optional(),
  willBeArchivedAt: z.string().optional(),
  willBeDeletedAt: z.string().optional(),
  /** Id of the creating request, so that a repetition finds the record (see idempotency.ts). */
  requestId: z.string().optional(),
});
export type DataRecord = z.infer<typeof dataRecord>;

/** The documented `ProjectData`. `path` is the full path, as public clients of ICA expect. */
export function dataView(identity: Identity, formats: Formats, record: DataRecord) {
  const region = projectRegion(identity);
  const format = record.formatCode === undefined ? undefined : formats.byCode(record.formatCode);
  return {
    projectId: identity.project.id,
    data: {
      id: record.id,
      urn: `urn:ilmn:ica:region:${region.id}:data:${record.id}#${record.path}`,
      details: {
        timeCreated: record.timeCreated,
        timeModified: record.timeModified,
        creatorId: identity.user.id,
        tenantId: identity.tenant.id,
        tenantName: identity.tenant.name,
        owningProjectId: identity.project.id,
        owningProjectName: identity.project.name,
        name: record.name,
        path: record.path,
        status: record.status,
        tags: record.tags,
        dataType: record.type,
        region: regionView(identity, region),
        ...(format === undefined ? {} : { format }),
        ...optional("fileSizeInBytes", record.sizeInBytes),
        ...optional("objectETag", record.objectETag),
        ...optional("storedForTheFirstTimeAt", record.storedAt),
        ...optional("willBeArchivedAt", record.willBeArchivedAt),
        ...optional("willBeDeletedAt", record.willBeDeletedAt),
      },
      ...(record.type === "FOLDER" ? { folderDetails: { nonIndexed: false } } : {}),
    },
  };
}

function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  const entry: Partial<Record<K, V>> = {};
  if (value !== undefined) {
    entry[name] = value;
  }
  return entry;
}
