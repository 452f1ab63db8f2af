import { type Request, Router } from "express";
import { z } from "zod";
import type { Formats } from "../catalog/formats";
import { requireProject } from "../catalog/routes";
import type { EmulatorContext } from "../context";
import type { Idempotency } from "../http/idempotency";
import { pageOf } from "../http/paging";
import { badRequest, conflict } from "../http/problem";
import { etagOf, param, route, send, v3 } from "../http/rest";
import type { ObjectStore } from "../object-store/server";
import type { ProjectData } from "./project-data";
import { selectData } from "./query";
import { type DataRecord, type DataTags, dataView } from "./record";
import { bucketOf, keyOf, type Transfer } from "./transfer";

/** What the data routes need. */
export interface DataParts {
  readonly data: ProjectData;
  readonly formats: Formats;
  readonly transfer: Transfer;
  readonly objects: ObjectStore;
  readonly idempotency: Idempotency;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/*
 * The validator has already checked the bodies against the documents. These schemas select the used fields and turn
 * null into undefined.
 */
const credentialsOptions = z
  .object({ credentialsFormat: z.enum(["RCLONE"]).nullish(), readOnlyCredentials: z.boolean().nullish() })
  .nullish();
const createFile = z.object({
  name: z.string(),
  folderId: text,
  folderPath: text,
  formatCode: text,
  fileType: text,
  hash: text,
  temporaryCredentials: credentialsOptions,
});
const createData = createFile.extend({ dataType: z.enum(["FILE", "FOLDER"]) });
const tagList = z
  .array(z.string().nullable())
  .nullish()
  .transform((tags) => tags?.filter((tag) => tag !== null));
const updateData = z.object({
  data: z.object({
    id: z.string(),
    details: z
      .object({
        format: z.object({ id: z.string(), code: z.string() }).nullish(),
        willBeArchivedAt: text,
        willBeDeletedAt: text,
        tags: z
          .object({
            technicalTags: tagList,
            userTags: tagList,
            connectorTags: tagList,
            runInTags: tagList,
            runOutTags: tagList,
            referenceTags: tagList,
          })
          .nullish(),
      })
      .nullish(),
  }),
});

/** Files and folders of the project: `/api/projects/{projectId}/data…`. */
export function dataRoutes({ identity }: EmulatorContext, parts: DataParts): Router {
  const { data, formats, transfer, objects, idempotency } = parts;
  const router = Router();
  const base = "/api/projects/{projectId}/data";
  const view = (record: DataRecord) => dataView(identity, formats, record);
  const checkProject = (req: Request) => requireProject(identity.project.id, param(req, "projectId"));
  const recordOf = (req: Request) => {
    checkProject(req);
    return data.require(param(req, "dataId"));
  };
  /** A call that creates a file; `secrets` adds the parts of its answer that must not reach the disk. */
  const creating = (
    secrets?: (record: DataRecord, body: z.infer<typeof createFile>) => Record<string, z.core.util.JSONType>,
  ) =>
    idempotency.handler({
      mediaType: v3,
      run: async (req, requestId) => {
        checkProject(req);
        const { name, folderId, folderPath, formatCode } = createFile.parse(req.body);
        return { body: view(await data.create({ type: "FILE", name, folderId, folderPath, formatCode }, requestId)) };
      },
      addSecrets: (req, body) => {
        const { data: made } = z.object({ data: z.object({ id: z.string() }) }).parse(body);
        return { ...body, ...secrets?.(data.require(made.id), createFile.parse(req.body)) };
      },
    });

  router.get(route(base), (req, res) => {
    checkProject(req);
    const { items, ...rest } = pageOf(req, selectData(req, data.list(), formats), ({ id }) => id);
    send(res, 200, v3, { items: items.map(view), ...rest });
  });

  router.post(
    route(base),
    idempotency.handler({
      mediaType: v3,
      run: async (req, requestId) => {
        checkProject(req);
        const { name, folderId, folderPath, formatCode, dataType } = createData.parse(req.body);
        const body = view(await data.create({ type: dataType, name, folderId, folderPath, formatCode }, requestId));
        return { body, headers: { ETag: etagOf(body) } };
      },
    }),
  );

  router.post(route(`${base}:createFile`), creating());

  router.post(
    route(`${base}:createFileWithTemporaryCredentials`),
    creating((record, { temporaryCredentials }) => ({
      tempCredentials: transfer.temporaryCredentials(record, optionsOf(temporaryCredentials)),
    })),
  );

  router.post(
    route(`${base}:createFileWithUploadUrl`),
    creating((record, { fileType, hash }) => ({ uploadUrl: transfer.uploadUrl(record, { fileType, hash }) })),
  );

  router.get(route(`${base}/{dataId}`), (req, res) => {
    const body = view(recordOf(req));
    res.set("ETag", etagOf(body));
    send(res, 200, v3, body);
  });

  router.put(route(`${base}/{dataId}`), async (req, res) => {
    const record = recordOf(req);
    const { data: wanted } = updateData.parse(req.body);
    if (wanted.id !== record.id) {
      throw badRequest(`The body is about ${wanted.id}, the address about ${record.id}.`);
    }
    const { format, tags, willBeArchivedAt, willBeDeletedAt } = wanted.details ?? {};
    const formatCode = format == null ? undefined : formats.byId(format.id)?.code;
    if (format != null && formatCode === undefined) {
      throw badRequest(`There is no data format with id ${format.id}. GET /api/dataFormats lists them.`, {
        parameters: { "data.details.format.id": "is not known" },
      });
    }
    const changed = await data.change(record.id, {
      formatCode: formatCode === record.formatCode ? undefined : formatCode,
      tags: givenTags(tags ?? {}),
      willBeArchivedAt,
      willBeDeletedAt,
    });
    const body = view(changed);
    res.set("ETag", etagOf(body));
    send(res, 200, v3, body);
  });

  router.post(route(`${base}/{dataId}:delete`), async (req, res) => {
    for (const removed of await data.remove(recordOf(req).id)) {
      await objects.disk.remove(bucketOf(identity), keyOf(identity, removed));
    }
    res.status(204).end();
  });

  router.post(route(`${base}/{dataId}:createTemporaryCredentials`), (req, res) => {
    const options = optionsOf(credentialsOptions.parse(req.body));
    send(res, 200, v3, transfer.temporaryCredentials(recordOf(req), options));
  });

  router.post(route(`${base}/{dataId}:createUploadUrl`), (req, res) => {
    const record = recordOf(req);
    if (record.status !== "PARTIAL") {
      throw conflict(`${record.path} is ${record.status}; only files in status PARTIAL can be overwritten.`);
    }
    const { fileType, hash } = z.object({ fileType: text, hash: text }).parse(req.query);
    send(res, 200, v3, { url: transfer.uploadUrl(record, { fileType, hash }) });
  });

  return router;
}

function optionsOf(given: z.infer<typeof credentialsOptions>): { rclone: boolean; readOnly: boolean } {
  return { rclone: given?.credentialsFormat === "RCLONE", readOnly: given?.readOnlyCredentials === true };
}

/** Only the kinds of tags that the caller named; the other kinds stay. */
function givenTags(tags: Partial<Record<keyof DataTags, string[] | undefined>>): Partial<DataTags> {
  const given: Partial<DataTags> = {};
  for (const kind of [
    "technicalTags",
    "userTags",
    "connectorTags",
    "runInTags",
    "runOutTags",
    "referenceTags",
  ] as const) {
    const list = tags[kind];
    if (list !== undefined) {
      given[kind] = list;
    }
  }
  return given;
}
