import { z } from "zod";

const configSchema = z.looseObject({
  User: z.string().nullish(),
  Env: z.array(z.string()).nullish(),
  Entrypoint: z.array(z.string()).nullish(),
  Cmd: z.array(z.string()).nullish(),
  ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
});

const imageSchema = z
  .looseObject({
    Id: z.string(),
    Os: z.string(),
    Architecture: z.string(),
    Size: z.number(),
    Config: configSchema.nullish(),
    RootFS: z.looseObject({ Layers: z.array(z.string()).nullish() }).nullish(),
  })
  .transform((image) => ({
    /** Digest of the image's configuration, `sha256:…`: the identity of its content. */
    id: image.Id,
    os: image.Os,
    architecture: image.Architecture,
    /** Bytes of all layers. */
    size: image.Size,
    /** As the Dockerfile wrote it: a name or a number, with or without a group; empty means root. */
    user: image.Config?.User ?? "",
    /** `NAME=value` each. */
    env: image.Config?.Env ?? [],
    entrypoint: image.Config?.Entrypoint ?? [],
    cmd: image.Config?.Cmd ?? [],
    /** For example `8888/tcp`. */
    exposedPorts: Object.keys(image.Config?.ExposedPorts ?? {}),
    labels: image.Config?.Labels ?? {},
    /** Digests of the uncompressed layers, the base first. */
    layers: image.RootFS?.Layers ?? [],
  }));

/** What `docker image inspect` tells of an image, as far as it is used here. */
export type ImageInfo = z.output<typeof imageSchema>;

/** Reads the answer of `docker image inspect` for one image. */
export function parseImageInfo(json: string): ImageInfo {
  const [image] = z.array(imageSchema).length(1).parse(JSON.parse(json));
  if (image === undefined) throw new Error("docker image inspect gave no image");
  return image;
}
