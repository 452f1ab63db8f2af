import * as pulumi from "@pulumi/pulumi";
import type { AccessArgs, BenchSettings, TimeoutsArgs } from "./access";
import { getImageOutput } from "./get-image";
import { tellEarly } from "./machinery/early-problems";
import { typeToken, withMachinery } from "./machinery/machinery";

/** Where a build finds a secret: never the secret itself. */
export type BuildSecretArgs = { env: pulumi.Input<string> } | { file: pulumi.Input<string> };

/**
 * What a build may use SSH with: `env` names a variable with the socket of an agent (`SSH_AUTH_SOCK`), `file` is a socket or a
 * private key without a passphrase. No key reaches state, logs or the image.
 */
export type BuildSshArgs = { env: pulumi.Input<string> } | { file: pulumi.Input<string> };

/**
 * How to build the image. It is built with BuildKit by `docker`, always for linux/amd64 ("they must run on Linux X86
 * architecture", the vendor's page). What counts for the identity publishes another image when it changes; what does not is
 * changed in place, and is used by the next build (docs/builds.md).
 */
export interface BuildArgs {
  /** The folder that is sent to the build, relative to the Pulumi program. Its content is the image's identity: docs/context-hash.md. */
  context: pulumi.Input<string>;
  /** The Dockerfile, relative to the Pulumi program. Default: `Dockerfile` in the context. */
  dockerfile?: pulumi.Input<string>;
  /** Build arguments. They count for the identity, and they are not for secrets: they stay in the image's history. */
  args?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The stage to build. Default: the last one. */
  target?: pulumi.Input<string>;
  /** Secrets for `RUN --mount=type=secret`, by id. Only the ids count for the identity; values reach neither state nor logs. */
  secrets?: pulumi.Input<Record<string, pulumi.Input<BuildSecretArgs>>>;
  /** SSH for `RUN --mount=type=ssh`, by id (`default` where the mount names none). Only the ids count for the identity. */
  ssh?: pulumi.Input<Record<string, pulumi.Input<BuildSshArgs>>>;
  /** Labels of the image. They count for the identity, being part of the image; `pulumi-ica` is set on every one. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** What RUN may reach: `none`, or the build machine's own network with `host`, which a builder has to allow. Not part of the identity. Default: `default`, a network of its own. */
  network?: pulumi.Input<"default" | "none" | "host">;
  /** Look for newer base images when building. A base that moved does not by itself cause a build: use `triggers`. Default: false. */
  pull?: pulumi.Input<boolean>;
  /** Build every step anew, when it is built. Not part of the identity. Default: false. */
  noCache?: pulumi.Input<boolean>;
  /** Where to import the build cache from (`docker build --cache-from`): an image, or with buildx any source such as `type=registry,ref=…`. Credentials go by the environment. Not part of the identity. */
  cacheFrom?: pulumi.Input<pulumi.Input<string>[]>;
  /** Where to export the build cache to (`docker buildx build --cache-to`). Needs buildx; credentials go by the environment. Not part of the identity. */
  cacheTo?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A builder of buildx, as `docker buildx ls` names it: with a driver other than `docker`, such as a remote BuildKit or one in
   * Kubernetes, the image goes straight from there to ICA, never through the local Docker. Needs buildx. Not part of the
   * identity. Default: the local Docker builds.
   */
  builder?: pulumi.Input<string>;
  /** Any texts; when one changes, the image is built and published anew. */
  triggers?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * An image that another resource makes in the local Docker, as `Image` of `@pulumi/docker` does. Written as a shape, so that
 * this package needs no other one installed.
 */
export interface LocalImage {
  /** The reference under which the local Docker has it. */
  readonly imageName: pulumi.Output<string>;
}

/** What a {@link BenchImage} is declared with. Exactly one of `build`, `image` and `existingId`. */
export interface BenchImageArgs {
  /** Name in ICA's Docker Repository; 1 to 255 characters. A change publishes another image (replace). Left out: a new image gets the resource's name, and keeps the name that it has. */
  name?: pulumi.Input<string>;
  /**
   * Version in ICA's Docker Repository; 1 to 255 characters. Default: the first 12 digits of the content's hash, so that it
   * changes with the content. A published version never changes: the same version with other content fails in preview.
   * A change publishes another image (replace).
   */
  version?: pulumi.Input<string>;
  /** Up to 255 characters. ICA has no call to change it later: a difference is told with the place to click. */
  description?: pulumi.Input<string>;
  /** Build it from a context. Other content publishes another image (replace); how it is built (`pull`, `noCache`, caches) changes nothing by itself. */
  build?: pulumi.Input<BuildArgs>;
  /** Publish an image that the local Docker has: a reference such as `mybench:0.0.1`, or an `Image` of `@pulumi/docker`. Another image under the reference publishes it anew (replace). */
  image?: pulumi.Input<string> | LocalImage;
  /**
   * What the image offers; at least one of the two, but for an image that is taken over (`existingId`). ICA has no call
   * to set this: it is compared with what ICA reports, and a difference is told with the place to click.
   */
  access: pulumi.Input<AccessArgs>;
  /** Whether the image is made for Bench clusters. Compared like `access`. Default: false. */
  clusterCompatible?: pulumi.Input<boolean>;
  /** The project that holds the archive. Default: configuration `ica:projectId`, else ICA_PROJECT_ID. A change counts for the next publication. */
  projectId?: pulumi.Input<string>;
  /** The project's folder for the archive; starts and ends with a slash. Default: `/bench-images/`. A change counts for the next publication. */
  folder?: pulumi.Input<string>;
  /**
   * Regions to have the image in, by code (`use1`) or UUID. Default: configuration `ica:region`, else the project's own region. Changed in
   * place: a region that is named no more is removed. One that this stack never named, as another stack or the default may have added it,
   * stays; `pulumi refresh` shows it, and the next `pulumi up` removes it.
   */
  regions?: pulumi.Input<pulumi.Input<string>[]>;
  /** The archive that is uploaded. A change counts for the next publication. */
  archive?: pulumi.Input<{
    /** `bzip2`, as the vendor's page does it, or `none` for a plain tar. Default: `bzip2`. */
    compression?: pulumi.Input<"bzip2" | "none">;
  }>;
  /**
   * `inspect` reads the Dockerfile in preview and the built image before the upload, and refuses what cannot run in Bench
   * (docs/image-contract.md). `run` does that, and then starts the image under Bench's rules in the local Docker, before the
   * upload: it has to stay alive, to answer on the ports of `access`, to write only below /data and /tmp, and to end within
   * 30 seconds of TERM. That takes from some seconds to 100, and the image's memory twice, since it runs a second
   * time with a file system that shows what it writes. `none` takes everything. An image that is in ICA already is not looked
   * at again; a change does nothing to it (in place). Default: `inspect`.
   */
  verify?: pulumi.Input<"inspect" | "run" | "none">;
  /**
   * What `pulumi destroy` does, since ICA has no call to delete an image: `forget` it, or `removeRegions` and forget it. Regions are removed
   * from all who use the image, other stacks too; only one that a resource of the same run keeps, as after renaming a resource, stays in its
   * regions. Default: `forget`.
   */
  onDelete?: pulumi.Input<"forget" | "removeRegions">;
  /**
   * Take over an image that is in ICA already, by its id; `name` and `version` must be its own, or the preview fails.
   * Another id is another image (replace).
   */
  existingId?: pulumi.Input<string>;
  /** Limits of time. Only `create` counts, which is for ICA's own work on the image. Default: 60m. Changed in place. */
  timeouts?: pulumi.Input<TimeoutsArgs>;
}

/** What an image that is taken over is declared with; what is left out stays as ICA has it. */
export type ExistingImageArgs = Partial<Omit<BenchImageArgs, "existingId" | "build" | "image">>;

/**
 * A Bench image in ICA's Docker Repository: built, saved, compressed, uploaded and registered, or taken over when it is
 * there already with the same name, version and content.
 *
 * ```ts
 * const image = new ica.BenchImage("rstudio", {
 *   build: { context: "./image" },
 *   access: { web: true, console: true },
 * });
 * export const id = image.imageId;
 * ```
 *
 * ICA can neither change nor delete an image by its API: new content is a new image, and `pulumi destroy` leaves it there.
 */
export class BenchImage extends pulumi.CustomResource {
  /** The type token; policy packs match resources by it. */
  static readonly __pulumiType = typeToken("BenchImage");

  /** Whether a value is a BenchImage, also one of another copy of this package. */
  static override isInstance(value: unknown): value is BenchImage {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as { __pulumiType?: unknown }).__pulumiType === BenchImage.__pulumiType
    );
  }

  /**
   * Takes over an image that is in ICA already: no build, no upload. What `args` leave out is taken from ICA. The same as
   * `existingId` with name, version and access declared.
   *
   * ```ts
   * const image = ica.BenchImage.fromExisting("rstudio", "7c1d…", { regions: ["use1", "euc1"] });
   * ```
   *
   * To use an image without managing it, {@link getImage} is enough. The program fails when there is no such image, and lists
   * those that there are.
   *
   * @param name name of the resource in the program
   * @param id id of the image in ICA; another id is another image (replace)
   */
  static fromExisting(
    name: string,
    id: pulumi.Input<string>,
    args: ExistingImageArgs = {},
    opts?: pulumi.CustomResourceOptions,
  ): BenchImage {
    const found = getImageOutput({ imageId: id });
    return new BenchImage(
      name,
      {
        ...args,
        name: args.name ?? found.name,
        version: args.version ?? found.version,
        access: args.access ?? found.benchSettings.apply(offered),
        clusterCompatible:
          args.clusterCompatible ?? found.benchSettings.apply(({ clusterCompatible }) => clusterCompatible ?? false),
        existingId: id,
      },
      opts,
    );
  }

  /** Id of the image in ICA: what a workspace names as its `image`. */
  declare readonly imageId: pulumi.Output<string>;
  /** Name in ICA's Docker Repository. */
  declare readonly name: pulumi.Output<string>;
  /** Version in ICA's Docker Repository. */
  declare readonly version: pulumi.Output<string>;
  /** PARTIAL, AVAILABLE, BUILDFAILED and others as ICA reports them. */
  declare readonly status: pulumi.Output<string>;
  /** 64 hex digits that stand for the content: of the build context, or of the local image's configuration and layers. */
  declare readonly contextHash: pulumi.Output<string>;
  /** The project that holds the archive. */
  declare readonly projectId: pulumi.Output<string>;
  /** Id of the archive's file (`fil.…`); undefined when the image was taken over. */
  declare readonly dataId: pulumi.Output<string | undefined>;
  /** File name of the archive; undefined when the image was taken over. */
  declare readonly archiveName: pulumi.Output<string | undefined>;
  /** Bytes of the archive; undefined when the image was taken over. */
  declare readonly archiveSize: pulumi.Output<number | undefined>;
  /** SHA-256 of the archive in hex; undefined when the image was taken over. */
  declare readonly archiveSha256: pulumi.Output<string | undefined>;
  /** The local Docker's id (`sha256:…`) of the image that was uploaded; undefined when nothing was built here. */
  declare readonly imageDigest: pulumi.Output<string | undefined>;
  /** Address of the image in each region, by region code. */
  declare readonly urls: pulumi.Output<Record<string, string>>;
  /** What ICA reports of the image. */
  declare readonly benchSettings: pulumi.Output<BenchSettings>;

  constructor(name: string, args: BenchImageArgs, opts?: pulumi.CustomResourceOptions) {
    const declared = { ...args, name: args.name ?? name, image: referenceOf(args.image) };
    tellEarly("BenchImage", name, declared);
    super(
      BenchImage.__pulumiType,
      name,
      {
        ...withMachinery({
          kind: "BenchImage",
          resource: name,
          inputs: declared,
          hasDefaultName: args.name === undefined,
          opts,
        }),
        // Outputs have to be named, or they stay undefined.
        ...outputs,
        version: args.version,
        projectId: args.projectId,
      },
      opts,
    );
  }
}

const outputs = {
  imageId: undefined,
  status: undefined,
  contextHash: undefined,
  dataId: undefined,
  archiveName: undefined,
  archiveSize: undefined,
  archiveSha256: undefined,
  imageDigest: undefined,
  urls: undefined,
  benchSettings: undefined,
};

/** What ICA does not report is compared with nothing, whatever is declared. */
function offered({ web, console: shell }: BenchSettings): { web: boolean; console: boolean } {
  return { web: web ?? true, console: shell ?? true };
}

/**
 * @internal The local reference that an image argument stands for. Of a resource it is not known before that is made: a
 * preview would look in the local Docker for an image that only `pulumi up` builds.
 */
export function referenceOf(image: BenchImageArgs["image"]): pulumi.Input<string> | undefined {
  if (!isLocalImage(image)) return image;
  if (!pulumi.CustomResource.isInstance(image)) return image.imageName;
  return pulumi.all([image.imageName, image.id]).apply(([name]) => name);
}

function isLocalImage(image: BenchImageArgs["image"]): image is LocalImage {
  return pulumi.Resource.isInstance(image);
}
