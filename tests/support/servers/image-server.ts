import { z } from "zod";
import type { DockerImage } from "../../../provider/ica/docker-images";
import { projectId } from "../context";
import { dockerImage } from "../factories";
import { ok, problem, type ScriptedServer } from "./scripted-server";

/** A file of the project, with the fields that these calls show. */
export interface StoredFile {
  readonly id: string;
  readonly path: string;
  readonly status: string;
  readonly size: number;
  readonly tags: readonly string[];
  readonly format?: string;
}

const updateBody = z.looseObject({
  data: z.looseObject({
    details: z.looseObject({
      format: z.looseObject({ code: z.string() }).optional(),
      tags: z.looseObject({ technicalTags: z.array(z.string()) }),
    }),
  }),
});

const newImage = z.object({ name: z.string(), version: z.string(), regions: z.array(z.string()) });

const data = `/api/projects/${projectId}/data`;

/** Images, regions, formats and files over maps: the calls that publish an image, without an object store. */
export class ImageServer {
  readonly images = new Map<string, DockerImage>();
  readonly files = new Map<string, StoredFile>();
  readonly #server: ScriptedServer;

  constructor(server: ScriptedServer) {
    this.#server = server;
    server.on("GET", `/api/projects/${projectId}`, ok({ id: projectId, name: "demo", active: true, region: use1 }));
    server.on("GET", "/api/regions", ok({ items: [use1, euc1] }));
    server.on("GET", "/api/dataFormats", ok({ items: [{ id: "format-1", code: "DOCKER" }] }));
    server.on("GET", "/api/dockerImages", () => ok({ items: [...this.images.values()] }));
    server.on("GET", /^\/api\/dockerImages\/[^/:]+$/, ({ path }) => {
      const image = this.images.get(path.split("/").at(-1) ?? "");
      return image === undefined ? problem(404, "No such image") : ok(image);
    });
    server.on("POST", "/api/dockerImages:createInternal", ({ body }) => {
      const { name, version, regions } = newImage.parse(body);
      const there = [use1, euc1].filter(({ id }) => regions.includes(id));
      return ok(this.has({ id: `made-${this.images.size + 1}`, name, version, ...inRegions(...there) }));
    });
    server.on("POST", regionsCall, ({ path, body }) => {
      const [, id = "", verb] = regionsCall.exec(path) ?? [];
      const { regionIds } = z.object({ regionIds: z.array(z.string()) }).parse(body);
      const image = this.images.get(id);
      if (image === undefined) return problem(404, "No such image");
      const others = regionsOf(image).filter((region) => !regionIds.includes(region.id));
      const added = [use1, euc1].filter((region) => verb === "add" && regionIds.includes(region.id));
      this.has({ ...image, ...inRegions(...others, ...added) });
      return { status: 204 };
    });
    server.on("GET", data, ({ query }) => {
      const items = [...this.files.values()].filter(
        ({ path, tags }) => path === query.filePath || tags.includes(query.technicalTag ?? ""),
      );
      return ok({ items: items.map(datum) });
    });
    server.on("GET", new RegExp(`^${data}/[^/:]+$`), ({ path }) => {
      const file = this.files.get(path.split("/").at(-1) ?? "");
      return file === undefined ? problem(404, "No such file") : ok(datum(file));
    });
    server.on("PUT", new RegExp(`^${data}/[^/:]+$`), ({ path, body }) => {
      const file = this.files.get(path.split("/").at(-1) ?? "");
      if (file === undefined) return problem(404, "No such file");
      const { format, tags } = updateBody.parse(body).data.details;
      const changed = { ...file, tags: tags.technicalTags, ...(format === undefined ? {} : { format: format.code }) };
      this.files.set(file.id, changed);
      return ok(datum(changed));
    });
    server.on("POST", new RegExp(`^${data}/[^/:]+:delete$`), ({ path }) => {
      this.files.delete(path.split("/").at(-1)?.split(":")[0] ?? "");
      return { status: 204 };
    });
  }

  /** Adds an image, as if published by another client. */
  has(overrides: Partial<DockerImage> = {}): DockerImage {
    const image = dockerImage(overrides);
    this.images.set(image.id, image);
    return image;
  }

  /** Codes of an image's current regions. */
  regionsOf(id: string): string[] {
    const image = this.images.get(id);
    return image === undefined ? [] : regionsOf(image).map(({ code }) => code);
  }

  /** Adds a file, as if uploaded by another client. */
  stores(file: Partial<StoredFile> = {}): StoredFile {
    const whole = { id: "fil.1", path: "/bench-images/a.tar", status: "AVAILABLE", size: 7, tags: [], ...file };
    this.files.set(whole.id, whole);
    return whole;
  }

  /** The writes in short: the verb of the call, or `update`. */
  get written(): string[] {
    return this.#server.seen
      .filter(({ method, path }) => method !== "GET" && path !== "/api/tokens")
      .map(({ path }) => path.split(":")[1] ?? "update");
  }
}

export const use1 = { id: "region-1", code: "use1" };
export const euc1 = { id: "region-2", code: "euc1" };

const regionsCall = /^\/api\/dockerImages\/([^/:]+):(add|remove)Regions$/;

/** An image's regions as ICA reports them. */
export function inRegions(...regions: (typeof use1)[]): Pick<DockerImage, "internalDockerImageSettings"> {
  return {
    internalDockerImageSettings: { regions: regions.map((region) => ({ region, url: `${region.code}/rstudio` })) },
  };
}

function regionsOf(image: DockerImage): (typeof use1)[] {
  return (image.internalDockerImageSettings?.regions ?? []).map(({ region: { id, code } }) => ({
    id,
    code: code ?? id,
  }));
}

function datum(file: StoredFile) {
  return {
    projectId,
    data: {
      id: file.id,
      details: {
        name: file.path.split("/").at(-1),
        path: file.path,
        status: file.status,
        fileSizeInBytes: file.size,
        tags: { technicalTags: file.tags, userTags: ["of the user"] },
        ...(file.format === undefined ? {} : { format: { id: "format-1", code: file.format } }),
      },
    },
  };
}
