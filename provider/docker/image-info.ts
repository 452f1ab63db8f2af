import { z } from "zod";

/** Go writes null for an empty list or map. */
const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const map = <T extends z.ZodType>(of: T) =>
  z
    .record(z.string(), of)
    .nullish()
    .transform((value) => value ?? {});

const configSchema = z.object({
  /** As the Dockerfile wrote it: a name or a number, with or without a group; empty means root. */
  User: z.string().default(""),
  /** `NAME=value` each. */
  Env: list,
  Entrypoint: list,
  Cmd: list,
  /** Keyed by port, for example `8888/tcp`. */
  ExposedPorts: map(z.unknown()),
  Labels: map(z.string()),
});

const imageSchema = z.object({
  /** Digest of the image's configuration, `sha256:…`: the identity of its content. */
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  /** Bytes of all layers. */
  Size: z.number(),
  Config: configSchema.nullish().transform((config) => config ?? configSchema.parse({})),
  /** Digests of the uncompressed layers, the base first. */
  RootFS: z.object({ Layers: list }),
});

/** What `docker image inspect` tells of an image, in Docker's own names, as far as it is used here. */
export type ImageInfo = z.output<typeof imageSchema>;

/** Reads the answer of `docker image inspect` for one image. */
export function parseImageInfo(json: string): ImageInfo {
  const [image] = z.tuple([imageSchema]).parse(JSON.parse(json));
  return image;
}

/** An image's own configuration (OCI image specification, "Image Configuration"), as it lies in an archive. */
const fileSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  config: configSchema.nullish().transform((config) => config ?? configSchema.parse({})),
  rootfs: z.object({ diff_ids: list }),
});

/** Reads a configuration file into the form of `docker image inspect`; `bytes`: of all layers. */
export function parseImageConfig(json: string, digest: string, bytes: number): ImageInfo {
  const { os, architecture, config, rootfs } = fileSchema.parse(JSON.parse(json));
  const layers = { Layers: rootfs.diff_ids };
  return { Id: digest, Os: os, Architecture: architecture, Size: bytes, Config: config, RootFS: layers };
}
