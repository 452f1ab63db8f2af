import { z } from "zod";
import { IcaError } from "./transport/error";
import { type Caller, media, noContent, path } from "./transport/http";

const imageSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string().nullish(),
  description: z.string().nullish(),
  /** PARTIAL, AVAILABLE, DELETED, BUILDFAILED or DELETING; not an enum, since ICA may add more. */
  status: z.string(),
  type: z.string(),
  /** ISO 8601. Required in the official document; other servers may leave it out. */
  timeCreated: z.string().nullish(),
  internalDockerImageSettings: z
    .object({
      regions: z
        .array(
          z.object({ region: z.object({ id: z.string(), code: z.string().nullish() }), url: z.string().nullish() }),
        )
        .nullish(),
    })
    .nullish(),
  benchSettings: z
    .object({
      clusterCompatible: z.boolean().nullish(),
      access: z.object({ web: z.boolean().nullish(), console: z.boolean().nullish() }).nullish(),
    })
    .nullish(),
});

export type DockerImage = z.infer<typeof imageSchema>;

export interface NewInternalImage {
  /** Id of the uploaded file (`fil.…`), which must have the Docker format. */
  readonly dockerDataId: string;
  readonly dockerDataProjectId: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly type: "BENCH";
  /** Region UUIDs. */
  readonly regions: readonly string[];
}

/**
 * Tag "Docker Image". No call changes or deletes an image, or sets its bench settings (official OpenAPI document).
 */
export class DockerImages {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Every image that the user can see; the call has neither filter nor paging. */
  async list(): Promise<DockerImage[]> {
    const { body } = await this.#call({
      method: "GET",
      path: "/api/dockerImages",
      media: media.v4,
      answer: z.object({ items: z.array(imageSchema) }),
    });
    return body.items;
  }

  async get(imageId: string): Promise<DockerImage> {
    const { body } = await this.#call({
      method: "GET",
      path: path`/api/dockerImages/${imageId}`,
      media: media.v4,
      answer: imageSchema,
    });
    return body;
  }

  /**
   * Undefined when the image's own call answers 404 and the list lacks it too: one wrong 404 or a wrong address must not
   * make an image seem gone. Rejects when the list cannot be read.
   */
  async find(imageId: string): Promise<DockerImage | undefined> {
    try {
      return await this.get(imageId);
    } catch (error) {
      if (!(error instanceof IcaError) || !error.isNotFound) {
        throw error;
      }
      return (await this.list()).find(({ id }) => id === imageId);
    }
  }

  /** Not repeatable, since there is no idempotency key. After a failure the caller looks the image up by name and version. */
  async createInternal(image: NewInternalImage): Promise<DockerImage> {
    const { body } = await this.#call({
      method: "POST",
      path: "/api/dockerImages:createInternal",
      body: image,
      media: media.v4,
      answer: imageSchema,
    });
    return body;
  }

  /** Repeated after a fault. If ICA then refuses the call, the caller checks whether the image is already in the regions. */
  async addRegions(imageId: string, regionIds: readonly string[]): Promise<void> {
    await this.#changeRegions(path`/api/dockerImages/${imageId}:addRegions`, regionIds);
  }

  /** Repeated after a fault, like {@link addRegions}. */
  async removeRegions(imageId: string, regionIds: readonly string[]): Promise<void> {
    await this.#changeRegions(path`/api/dockerImages/${imageId}:removeRegions`, regionIds);
  }

  async #changeRegions(callPath: string, regionIds: readonly string[]): Promise<void> {
    await this.#call({
      method: "POST",
      path: callPath,
      body: { regionIds },
      media: media.v4,
      answer: noContent,
      repeatable: true,
    });
  }
}
