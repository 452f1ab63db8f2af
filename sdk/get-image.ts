import * as pulumi from "@pulumi/pulumi";
import type { BenchSettings } from "./access";
import type { Inputs } from "./inputs";
import { ask, ifSecret } from "./lookup";

/** Which image {@link getImage} is to find: by name, with or without a version, or by its id. */
export type GetImageArgs =
  | {
      /** Name in ICA's Docker Repository; the whole of it. */
      name: string;
      /** Version in ICA's Docker Repository. Default: the newest one that is AVAILABLE, by the time it was created. */
      version?: string;
      imageId?: never;
    }
  | {
      /** Id in ICA. */
      imageId: string;
      name?: never;
      version?: never;
    };

/** {@link GetImageArgs}, each of which may be an output. */
export type GetImageOutputArgs = Inputs<GetImageArgs>;

/** Which images {@link listImages} is to list. What is left out does not matter. */
export interface ListImagesArgs {
  /** Name in ICA's Docker Repository; the whole of it. */
  name?: string;
  /** Version in ICA's Docker Repository. */
  version?: string;
  /** PARTIAL, AVAILABLE, BUILDFAILED and others. Default: every status but DELETED and DELETING. */
  status?: string;
}

/** {@link ListImagesArgs}, each of which may be an output. */
export type ListImagesOutputArgs = Inputs<ListImagesArgs>;

/** An image that is in ICA, whoever published it. */
export interface GetImageResult {
  /** Id of the image in ICA: what a workspace names as its `image`. */
  readonly imageId: string;
  /** Name in ICA's Docker Repository. */
  readonly name: string;
  /** Version in ICA's Docker Repository; empty when it has none. */
  readonly version: string;
  /** Undefined when it has none. */
  readonly description: string | undefined;
  /** PARTIAL, AVAILABLE, BUILDFAILED and others as ICA reports them. */
  readonly status: string;
  /** When it was registered, as ICA writes it (`2026-01-31T12:00:00Z`); undefined when ICA does not say. */
  readonly timeCreated: string | undefined;
  /** Codes of the regions that it is in; the UUID where ICA gives no code. */
  readonly regions: string[];
  /** Address of the image in each region, by region code. */
  readonly urls: Record<string, string>;
  /** What of access ICA reports. */
  readonly benchSettings: BenchSettings;
}

/**
 * Finds a Bench image that is in ICA already, for example one that another stack publishes. Only reads, in a preview too.
 *
 * ```ts
 * const image = await ica.getImage({ name: "rstudio" });            // the newest that is AVAILABLE
 * const pinned = await ica.getImage({ name: "rstudio", version: "2.1" });
 * ```
 *
 * By name, only AVAILABLE images count. Rejects when there is none (the error lists what there is), and when it cannot be
 * told which one is meant (the error says how to choose). Without a version the answer changes when somebody publishes:
 * a workspace that uses it then takes the new image, by a restart.
 *
 * Call: `GET /api/dockerImages` (official OpenAPI document), with the stack's configuration, else the environment.
 */
export function getImage(args: GetImageArgs): Promise<GetImageResult> {
  return ask((lookups) => lookups.image(args));
}

/**
 * {@link getImage} for arguments that may be outputs. In a preview it is unknown while an argument is.
 *
 * ```ts
 * new ica.Workspace("genomics", { image: ica.getImageOutput({ name: "rstudio" }).imageId, ... });
 * ```
 */
export function getImageOutput(args: GetImageOutputArgs): pulumi.Output<GetImageResult> {
  const known = pulumi.output(args);
  return known.apply(async (plain) => ask((lookups) => lookups.image(plain), await ifSecret(known, plain)));
}

/**
 * Lists the Bench images of ICA's Docker Repository, the newest first. Only reads, in a preview too.
 *
 * ```ts
 * const versions = (await ica.listImages({ name: "rstudio" })).map(({ version }) => version);
 * ```
 *
 * An empty list is no error. Call: `GET /api/dockerImages` (official OpenAPI document).
 */
export function listImages(args: ListImagesArgs = {}): Promise<GetImageResult[]> {
  return ask((lookups) => lookups.images(args));
}

/** {@link listImages} for arguments that may be outputs. In a preview it is unknown while an argument is. */
export function listImagesOutput(args: ListImagesOutputArgs = {}): pulumi.Output<GetImageResult[]> {
  const known = pulumi.output(args);
  return known.apply(async (plain) => ask((lookups) => lookups.images(plain), await ifSecret(known, plain)));
}
