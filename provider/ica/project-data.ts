import { z } from "zod";
import { type Caller, media, noContent, path } from "./transport/http";

const tags = z.array(z.string().nullable()).nullish();

const dataSchema = z.object({
  id: z.string(),
  details: z
    .looseObject({
      name: z.string(),
      path: z.string().nullish(),
      /** PARTIAL, AVAILABLE, ARCHIVING, ARCHIVED, UNARCHIVING or DELETING; not an enum, since ICA may add more. */
      status: z.string(),
      fileSizeInBytes: z.number().nullish(),
      format: z.looseObject({ id: z.string(), code: z.string() }).nullish(),
      tags: z.looseObject({ technicalTags: tags, userTags: tags }).nullish(),
    })
    .nullish(),
});

const projectDataSchema = z.looseObject({ data: z.looseObject(dataSchema.shape), projectId: z.string() });

/** A file or folder in a project. All fields are kept, since an update sends them back. */
export type ProjectDatum = z.infer<typeof projectDataSchema>;

const awsCredentialsSchema = z.object({
  accessKey: z.string(),
  secretKey: z.string(),
  sessionToken: z.string(),
  region: z.string(),
  bucket: z.string(),
  objectPrefix: z.string(),
  serverSideEncryptionAlgorithm: z.string().nullish(),
  serverSideEncryptionKey: z.string().nullish(),
});

/** Temporary credentials for one upload; they expire after 36 hours (official OpenAPI document, createTemporaryCredentials). */
export type AwsCredentials = z.infer<typeof awsCredentialsSchema>;

const credentialsSchema = z.object({ awsTempCredentials: awsCredentialsSchema });

export interface NewFile {
  readonly name: string;
  /** Ends with a slash; ICA creates missing folders. */
  readonly folderPath: string;
  /** A code from `GET /api/dataFormats`. */
  readonly formatCode: string;
}

/** Tag "Project Data". */
export class ProjectData {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  async get(projectId: string, dataId: string): Promise<ProjectDatum> {
    const { body } = await this.#call({
      method: "GET",
      path: path`/api/projects/${projectId}/data/${dataId}`,
      media: media.v3,
      answer: projectDataSchema,
    });
    return body;
  }

  /** The files with exactly this path. There is more than one only while ICA is deleting an old one. */
  async findByPath(projectId: string, filePath: string): Promise<ProjectDatum[]> {
    return this.#list(projectId, { filePath, filePathMatchMode: "FULL_CASE_INSENSITIVE", type: "FILE" });
  }

  /** The files with exactly this technical tag. */
  async findByTag(projectId: string, technicalTag: string): Promise<ProjectDatum[]> {
    return this.#list(projectId, { technicalTag, technicalTagMatchMode: "EXACT", type: "FILE" });
  }

  async #list(projectId: string, query: Record<string, string>): Promise<ProjectDatum[]> {
    const { body } = await this.#call({
      method: "GET",
      path: path`/api/projects/${projectId}/data`,
      query: { ...query, pageSize: "100" },
      media: media.v3,
      answer: z.object({ items: z.array(projectDataSchema) }),
    });
    return body.items;
  }

  /** Creates an empty file and returns the credentials to fill it. The same key returns the same file for seven days. */
  async createFileWithCredentials(
    projectId: string,
    file: NewFile,
    idempotencyKey: string,
  ): Promise<{ datum: ProjectDatum; credentials: AwsCredentials }> {
    const { body } = await this.#call({
      method: "POST",
      path: path`/api/projects/${projectId}/data:createFileWithTemporaryCredentials`,
      body: { ...file, temporaryCredentials: { readOnlyCredentials: false } },
      headers: { "Idempotency-Key": idempotencyKey },
      media: media.v3,
      answer: z.object({ data: dataSchema.loose(), projectId: z.string(), tempCredentials: credentialsSchema }),
    });
    return {
      datum: { data: body.data, projectId: body.projectId },
      credentials: body.tempCredentials.awsTempCredentials,
    };
  }

  /** New credentials for an incomplete file. */
  async createCredentials(projectId: string, dataId: string): Promise<AwsCredentials> {
    const { body } = await this.#call({
      method: "POST",
      path: path`/api/projects/${projectId}/data/${dataId}:createTemporaryCredentials`,
      body: { readOnlyCredentials: false },
      media: media.v3,
      answer: credentialsSchema,
      repeatable: true,
    });
    return body.awsTempCredentials;
  }

  /** Changes a file's format and tags. Apart from its dates, this call can change nothing else. */
  async update(datum: ProjectDatum): Promise<ProjectDatum> {
    const { body } = await this.#call({
      method: "PUT",
      path: path`/api/projects/${datum.projectId}/data/${datum.data.id}`,
      body: datum,
      media: media.v3,
      answer: projectDataSchema,
    });
    return body;
  }

  async delete(projectId: string, dataId: string): Promise<void> {
    await this.#call({
      method: "POST",
      path: path`/api/projects/${projectId}/data/${dataId}:delete`,
      media: media.v3,
      answer: noContent,
      repeatable: true,
    });
  }
}
