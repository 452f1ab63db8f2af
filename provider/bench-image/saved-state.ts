import { z } from "zod";
import { digestSchema } from "../build-context/changes/digest";
import type { Saved } from "../handler";
import { parseSaved } from "../inputs/saved";
import type { Build } from "./build-inputs";
import type { BenchImageInputs } from "./inputs";

/** What the engine keeps of an image, in the form of this version. */

const texts = z.record(z.string(), z.string());
const sources = z.record(z.string(), z.union([z.object({ env: z.string() }), z.object({ file: z.string() })]));

const build = {
  context: z.string(),
  dockerfile: z.string().optional(),
  args: texts.optional(),
  target: z.string().optional(),
  secrets: sources.optional(),
  ssh: sources.optional(),
  labels: texts.optional(),
  network: z.enum(["default", "none", "host"]).optional(),
  pull: z.boolean().optional(),
  noCache: z.boolean().optional(),
  cacheFrom: z.array(z.string()).optional(),
  cacheTo: z.array(z.string()).optional(),
  builder: z.string().optional(),
  triggers: z.array(z.string()).optional(),
} satisfies Record<keyof Build, z.ZodType>;

const inputs = {
  name: z.string(),
  version: z.string().default(""),
  description: z.string().optional(),
  build: z.object(build).optional(),
  image: z.string().optional(),
  access: z
    .object({ web: z.boolean().default(false), console: z.boolean().default(false) })
    .default({ web: false, console: false }),
  clusterCompatible: z.boolean().default(false),
  projectId: z.string(),
  folder: z.string().default("/bench-images/"),
  regions: z.array(z.string()).optional(),
  archive: z.object({ compression: z.enum(["bzip2", "none"]) }).default({ compression: "bzip2" }),
  verify: z.enum(["inspect", "run", "none"]).default("inspect"),
  onDelete: z.enum(["forget", "removeRegions"]).default("forget"),
  existingId: z.string().optional(),
  timeouts: z
    .object({ create: z.string().optional(), update: z.string().optional(), delete: z.string().optional() })
    .optional(),
  contextHash: z.string().default(""),
} satisfies Record<keyof BenchImageInputs, z.ZodType>;

/** The declared fields. The engine also keeps the machinery's keys among the inputs. */
export const inputNames = Object.keys(inputs) as (keyof BenchImageInputs)[];

/** What ICA and this package report in addition to the inputs. */
const outputs = {
  imageId: z.string(),
  status: z.string().default("Unknown"),
  dataId: z.string().optional(),
  dataProjectId: z.string().optional(),
  archiveName: z.string().optional(),
  /** In bytes. */
  archiveSize: z.number().optional(),
  archiveSha256: z.string().optional(),
  /** Configuration digest of the uploaded local image; undefined when nothing was built or uploaded here. */
  imageDigest: z.string().optional(),
  /** Address of the image in each region, by region code. */
  urls: texts.default({}),
  /** ICA's own report of what a workspace can use. */
  benchSettings: z
    .object({
      web: z.boolean().optional(),
      console: z.boolean().optional(),
      clusterCompatible: z.boolean().optional(),
    })
    .default({}),
  /**
   * Digest of the files that the image was built from. The key looks like the machinery's keys, which the engine does not
   * show. It decides nothing, so one of another version is left out.
   */
  __contextDigest: digestSchema.optional().catch(undefined),
};

/** All fields of a saved state. */
export const benchImageState = { ...inputs, ...outputs };

/** The saved state of an image: the applied inputs (after a read: ICA's values), and what ICA reports. */
export type BenchImageState = BenchImageInputs & Readonly<z.output<z.ZodObject<typeof outputs>>>;

/** The inputs that an earlier check returned, or a refresh found. */
export function parseInputs(saved: Saved): BenchImageInputs {
  return parseSaved("BenchImage", inputs, saved);
}

/** The saved state of the image with this id. */
export function parseState(id: string, saved: Saved): BenchImageState {
  return parseSaved("BenchImage", benchImageState, { imageId: id, ...saved });
}

/** The inputs within a state. */
export function inputsOf(state: BenchImageState): BenchImageInputs {
  return z.object(inputs).parse(state);
}
