import { z } from "zod";
import { type ImageLayer, instructionOf } from "./image-layers";

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
  /** As in the Dockerfile: a name or a number, with or without a group; empty means root. */
  User: z.string().default(""),
  /** `NAME=value` each. */
  Env: list,
  Entrypoint: list,
  Cmd: list,
  /** Keyed by port, for example `8888/tcp`. */
  ExposedPorts: map(z.unknown()),
  /** Keyed by path. */
  Volumes: map(z.unknown()),
  Labels: map(z.string()),
  WorkingDir: z.string().default(""),
  StopSignal: z.string().default(""),
  Shell: list,
  OnBuild: list,
  Healthcheck: z.unknown().optional(),
});

const imageSchema = z.object({
  /**
   * The engine's id of the image, `sha256:…`: the digest of its configuration or, in the containerd image store, of its
   * manifest.
   */
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  /** Bytes of all layers. */
  Size: z.number(),
  Config: configSchema.nullish().transform((config) => config ?? configSchema.parse({})),
  /** The location of its manifest. Only the containerd image store, which keeps layers compressed, reports it. */
  Descriptor: z.unknown().optional(),
  /** Digests of the uncompressed layers, base first. */
  RootFS: z.object({ Layers: list }),
});

/** The output of `docker image inspect` for an image, in Docker's own names, limited to what is used here. */
export type ImageInfo = z.output<typeof imageSchema>;

/** Parses the output of `docker image inspect` for one image. */
export function parseImageInfo(json: string): ImageInfo {
  const [image] = z.tuple([imageSchema]).parse(JSON.parse(json));
  return image;
}

/** An image's own configuration (OCI image specification, "Image Configuration"), as stored in an archive. */
const fileSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  config: configSchema.nullish().transform((config) => config ?? configSchema.parse({})),
  rootfs: z.object({ diff_ids: list }),
  history: z
    .array(z.object({ created_by: z.string().default(""), empty_layer: z.boolean().default(false) }))
    .nullish()
    .transform((steps) => steps ?? []),
});

/**
 * Converts a configuration file into the form of `docker image inspect` and `docker image history`; `bytes` are the sizes of
 * the layers, base first.
 */
export function parseImageConfig(
  json: string,
  digest: string,
  bytes: readonly number[],
): { info: ImageInfo; layers: ImageLayer[] } {
  const { os, architecture, config, rootfs, history } = fileSchema.parse(JSON.parse(json));
  const sizes = [...bytes];
  const layers = history.map((step) => ({
    madeBy: instructionOf(step.created_by),
    bytes: step.empty_layer ? 0 : (sizes.shift() ?? 0),
  }));
  const size = bytes.reduce((sum, one) => sum + one, 0);
  const info = { Id: digest, Os: os, Architecture: architecture, Size: size, Config: config };
  return { info: { ...info, RootFS: { Layers: rootfs.diff_ids } }, layers };
}
