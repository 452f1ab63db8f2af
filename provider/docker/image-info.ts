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
  /** As the Dockerfile wrote it: a name or a number, with or without a group; empty means root. */
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
  /** The engine's name for it, `sha256:…`: of its configuration, or of its manifest in the containerd image store. */
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  /** Bytes of all layers. */
  Size: z.number(),
  Config: configSchema.nullish().transform((config) => config ?? configSchema.parse({})),
  /** Where its manifest lies. Only the containerd image store tells it, which keeps layers compressed. */
  Descriptor: z.unknown().optional(),
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
  history: z
    .array(z.object({ created_by: z.string().default(""), empty_layer: z.boolean().default(false) }))
    .nullish()
    .transform((steps) => steps ?? []),
});

/** Reads a configuration file into the form of `docker image inspect` and `docker image history`; `bytes`: of each layer, the base first. */
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
