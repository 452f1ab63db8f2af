import type * as pulumi from "@pulumi/pulumi";
import type { BenchSettings } from "./access";
import type { Inputs } from "./inputs";
import { lookup } from "./lookup";

/** Which image {@link getImage} finds: by name, with or without a version, or by id. */
export type GetImageArgs =
  | {
      /** Full name in ICA's Docker Repository. */
      name: string;
      /** Version in ICA's Docker Repository. Default: the AVAILABLE one that was created last. */
      version?: string;
      imageId?: never;
    }
  | {
      /** Id in ICA. */
      imageId: string;
      name?: never;
      version?: never;
    };

/** {@link GetImageArgs}; each argument may be an output. */
export type GetImageOutputArgs = Inputs<GetImageArgs>;

/** Which images {@link listImages} lists. An argument that is left out does not filter. */
export interface ListImagesArgs {
  /** Full name in ICA's Docker Repository. */
  name?: string;
  /** Version in ICA's Docker Repository. */
  version?: string;
  /** PARTIAL, AVAILABLE, BUILDFAILED and others. Default: every status except DELETED and DELETING. */
  status?: string;
}

/** {@link ListImagesArgs}; each argument may be an output. */
export type ListImagesOutputArgs = Inputs<ListImagesArgs>;

/** An image in ICA, published by this stack or anyone else. */
export interface GetImageResult {
  /** Id of the image in ICA; pass it to a workspace as `image`. */
  readonly imageId: string;
  /** Name in ICA's Docker Repository. */
  readonly name: string;
  /** Version in ICA's Docker Repository; empty when the image has none. */
  readonly version: string;
  /** Not set when the image has none. */
  readonly description: string | undefined;
  /** PARTIAL, AVAILABLE, BUILDFAILED or another status, as ICA reports it. */
  readonly status: string;
  /** When the image was registered, as ICA writes it (`2026-01-31T12:00:00Z`); not set when ICA does not report it. */
  readonly timeCreated: string | undefined;
  /** Codes of the image's regions; the UUID when ICA gives no code. */
  readonly regions: string[];
  /** Address of the image in each region, by region code. */
  readonly urls: Record<string, string>;
  /** The settings that ICA reports for the image. */
  readonly benchSettings: BenchSettings;
}

/**
 * Finds a Bench image that is already in ICA, for example one that another stack publishes. Read-only; also runs in preview.
 *
 * ```ts
 * const image = await ica.getImage({ name: "rstudio" });            // the newest that is AVAILABLE
 * const pinned = await ica.getImage({ name: "rstudio", version: "2.1" });
 * ```
 *
 * By name, only AVAILABLE images count. Fails when none matches (the error lists the images that exist) or when several
 * match (the error says how to choose). Without a version, the result changes when a new version is published; a workspace
 * that uses it then restarts with the new image.
 *
 * Call: `GET /api/dockerImages` (official OpenAPI document), with the stack's configuration, else the environment.
 */
export function getImage(args: GetImageArgs, opts?: pulumi.InvokeOptions): Promise<GetImageResult> {
  return image.plain(args, opts);
}

/**
 * {@link getImage} with arguments that may be outputs. In preview, the result is unknown while an argument is unknown.
 *
 * ```ts
 * new ica.Workspace("genomics", { image: ica.getImageOutput({ name: "rstudio" }).imageId, ... });
 * ```
 */
export function getImageOutput(
  args: GetImageOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetImageResult> {
  return image.output(args, opts);
}

/**
 * Lists the Bench images in ICA's Docker Repository, newest first. Read-only; also runs in preview.
 *
 * ```ts
 * const versions = (await ica.listImages({ name: "rstudio" })).map(({ version }) => version);
 * ```
 *
 * An empty list is not an error. Call: `GET /api/dockerImages` (official OpenAPI document).
 */
export function listImages(args: ListImagesArgs = {}, opts?: pulumi.InvokeOptions): Promise<GetImageResult[]> {
  return images.plain(args, opts);
}

/** {@link listImages} with arguments that may be outputs. In preview, the result is unknown while an argument is unknown. */
export function listImagesOutput(
  args: ListImagesOutputArgs = {},
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetImageResult[]> {
  return images.output(args, opts);
}

const image = lookup<GetImageArgs, GetImageResult>({
  ask: (lookups, args) => lookups.image(args),
  token: "ica:index:getImage",
});

const images = lookup<ListImagesArgs, GetImageResult[]>({
  ask: (lookups, args) => lookups.images(args),
  token: "ica:index:listImages",
  field: "images",
});
