import { Router } from "express";
import { z } from "zod";
import { requireProject } from "../catalog/routes";
import type { EmulatorContext } from "../context";
import type { ProjectData } from "../data/project-data";
import { badRequest, conflict } from "../http/problem";
import { param, route, send, v4 } from "../http/rest";
import type { Identity } from "../state/identity";
import type { Builder } from "./build";
import type { ImageRecord, Images } from "./images";

/** The archive format, as the vendor's page about bench images names it. */
const dockerFormat = "DOCKER";

const described = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const createInternal = z.object({
  dockerDataId: z.string(),
  dockerDataProjectId: z.string(),
  name: z.string(),
  version: z.string(),
  description: described,
  type: z.enum(["TOOL", "BENCH"]),
  regions: z.array(z.string()),
});
const createExternal = createInternal
  .pick({ name: true, version: true, description: true, type: true })
  .extend({ url: z.string() });
const regionList = z.object({ regionIds: z.array(z.string()) });

/** The Docker images of the tenant: `/api/dockerImages…`. */
export function imageRoutes({ images, identity }: EmulatorContext, data: ProjectData, builder: Builder): Router {
  const router = Router();
  const base = "/api/dockerImages";
  const view = (image: ImageRecord) => imageView(image, images, identity);

  router.get(route(base), (_req, res) => send(res, 200, v4, { items: images.list().map(view) }));

  router.get(route(`${base}/{imageId}`), (req, res) => send(res, 200, v4, view(images.require(param(req, "imageId")))));

  router.post(route(`${base}:createInternal`), async (req, res) => {
    const { dockerDataId, dockerDataProjectId, regions, ...words } = createInternal.parse(req.body);
    requireProject(identity.project.id, dockerDataProjectId);
    checkArchiveData(data, dockerDataId);
    images.checkRegions(regions);
    const image = await images.add({
      ...withoutUndefined(words),
      source: { kind: "internal", dataId: dockerDataId, regionIds: [...new Set(regions)] },
    });
    builder.start(image);
    send(res, 201, v4, view(image));
  });

  router.post(route(`${base}:createExternal`), async (req, res) => {
    const { url, ...words } = createExternal.parse(req.body);
    if (/^\w+:\/\//.test(url)) {
      throw badRequest("The url of an external image has no scheme: docker.io/library/alpine:3, for example.", {
        parameters: { url: "must not have a scheme" },
      });
    }
    send(res, 201, v4, view(await images.add({ ...withoutUndefined(words), source: { kind: "external", url } })));
  });

  router.post(route(`${base}/{imageId}:addRegions`), async (req, res) => {
    await images.addRegions(param(req, "imageId"), regionList.parse(req.body).regionIds);
    res.status(204).end();
  });

  router.post(route(`${base}/{imageId}:removeRegions`), async (req, res) => {
    await images.removeRegions(param(req, "imageId"), regionList.parse(req.body).regionIds);
    res.status(204).end();
  });

  return router;
}

/** The documented `DockerImage`. */
function imageView(image: ImageRecord, images: Images, { user, tenant, regions }: Identity) {
  const { id, timeCreated, timeModified, name, version, description, status, type, source, benchSettings } = image;
  return {
    id,
    timeCreated,
    timeModified,
    owner: { id: user.id },
    tenant,
    name,
    version,
    ...(description === undefined ? {} : { description }),
    status,
    type,
    ...(source.kind === "external"
      ? { externalDockerImageSettings: { url: source.url } }
      : {
          internalDockerImageSettings: {
            regions: regions
              .filter((region) => source.regionIds.includes(region.id))
              .map((region) => ({
                region: { id: region.id, code: region.code },
                ...(status === "AVAILABLE" ? { url: images.reference(id) } : {}),
              })),
          },
        }),
    ...(benchSettings === undefined ? {} : { benchSettings }),
  };
}

/** Requires an existing, complete file of the DOCKER format. The statuses of these problems are undocumented. */
function checkArchiveData(data: ProjectData, dataId: string): void {
  const record = data.get(dataId);
  const refuse = (reason: string) => badRequest(reason, { parameters: { dockerDataId: "cannot be used" } });
  if (record === undefined || record.type !== "FILE") {
    throw refuse(`There is no file ${dataId} in this project.`);
  }
  if (record.status !== "AVAILABLE") {
    throw conflict(`${record.path} is ${record.status}; wait until it is AVAILABLE.`);
  }
  if (record.formatCode !== dockerFormat) {
    throw refuse(`${record.path} has format ${record.formatCode ?? "none"}; change it to ${dockerFormat} first.`);
  }
}

function withoutUndefined<T extends { description?: string | undefined }>(words: T) {
  const { description, ...rest } = words;
  return description === undefined ? rest : { ...rest, description };
}
