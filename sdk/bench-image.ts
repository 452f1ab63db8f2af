import * as pulumi from "@pulumi/pulumi";
import type { AccessArgs, BenchSettings, TimeoutsArgs } from "./access";
import { getImageOutput } from "./get-image";
import { tellEarly } from "./machinery/early-problems";
import { registration } from "./machinery/machinery";
import { dynamicType, hasType, pluginType } from "./machinery/type-token";

/** Where the build finds a secret: in a variable or in a file. Never the secret itself. */
export type BuildSecretArgs =
  | {
      /** Name of the environment variable that holds the secret. */
      env: pulumi.Input<string>;
    }
  | {
      /** Path of the file that holds the secret, relative to the Pulumi program. */
      file: pulumi.Input<string>;
    };

/** What the build uses for SSH: an agent or a key. Keys never reach the state, the logs or the image. */
export type BuildSshArgs =
  | {
      /** Name of the environment variable that holds an agent's socket, such as `SSH_AUTH_SOCK`. */
      env: pulumi.Input<string>;
    }
  | {
      /** Path of an agent's socket, or of a private key without a passphrase; relative to the Pulumi program. */
      file: pulumi.Input<string>;
    };

/**
 * How to build the image. `docker` builds it with BuildKit, always for linux/amd64 ("they must run on Linux X86
 * architecture", the vendor's page). Changing an option that is part of the identity publishes another image. Every other
 * option changes in place and takes effect at the next build (docs/builds.md).
 */
export interface BuildArgs {
  /**
   * The folder to send to the build, relative to the Pulumi program. Its content is the image's identity:
   * docs/context-hash.md.
   */
  context: pulumi.Input<string>;
  /** The Dockerfile, relative to the Pulumi program. Default: `Dockerfile` in the context. */
  dockerfile?: pulumi.Input<string>;
  /** Build arguments. Part of the identity. Not for secrets: they stay in the image's history. */
  args?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The stage to build. Default: the last one. */
  target?: pulumi.Input<string>;
  /**
   * Secrets for `RUN --mount=type=secret`, by id. Only the ids are part of the identity. Values never reach the state or the
   * logs.
   */
  secrets?: pulumi.Input<Record<string, pulumi.Input<BuildSecretArgs>>>;
  /** SSH for `RUN --mount=type=ssh`, by id (`default` when the mount gives no id). Only the ids are part of the identity. */
  ssh?: pulumi.Input<Record<string, pulumi.Input<BuildSshArgs>>>;
  /** Labels of the image. Part of the identity, as they are part of the image. Every image also gets the label `pulumi-ica`. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * The network of RUN steps: `default` (a network of its own), `none`, or `host` (the build machine's network; the builder
   * must allow it). Not part of the identity. Default: `default`.
   */
  network?: pulumi.Input<"default" | "none" | "host">;
  /**
   * Check for newer base images when building. A newer base does not start a build by itself: use `triggers`. Default:
   * false.
   */
  pull?: pulumi.Input<boolean>;
  /** When a build runs, build every step again without the cache. Not part of the identity. Default: false. */
  noCache?: pulumi.Input<boolean>;
  /**
   * Where to import the build cache from (`docker build --cache-from`): an image or, with buildx, any source such as
   * `type=registry,ref=…`. Pass credentials in environment variables. Not part of the identity.
   */
  cacheFrom?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Where to export the build cache to (`docker buildx build --cache-to`). Needs buildx. Pass credentials in environment
   * variables. Not part of the identity.
   */
  cacheTo?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A buildx builder, as named by `docker buildx ls`. With a driver other than `docker`, such as a remote BuildKit or one in
   * Kubernetes, the image goes straight from the builder to ICA and skips the local Docker. Needs buildx. Not part of the
   * identity. Default: the local Docker builds.
   */
  builder?: pulumi.Input<string>;
  /** Any strings. When one changes, the provider builds the image again and publishes it as another image (replace). */
  triggers?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * An image that another resource makes in the local Docker, such as `Image` of `@pulumi/docker`. It is a structural type, so
 * this package does not depend on that one.
 */
export interface LocalImage {
  /** The image's reference in the local Docker. */
  readonly imageName: pulumi.Output<string>;
}

/** Arguments of {@link BenchImage}. Set exactly one of `build`, `image` and `existingId`. */
export interface BenchImageArgs {
  /**
   * Name in ICA's Docker Repository; 1 to 255 characters. A change publishes another image (replace). Default: the
   * resource's name for a new image; an existing image keeps its name.
   */
  name?: pulumi.Input<string>;
  /**
   * Version in ICA's Docker Repository; 1 to 255 characters. Default: the first 12 digits of the content hash, so it changes
   * with the content. A published version is immutable: other content under the same version fails in preview. A change
   * publishes another image (replace).
   */
  version?: pulumi.Input<string>;
  /**
   * Up to 255 characters. ICA has no call to change it later. If ICA's description differs, the provider reports it and
   * where to change it.
   */
  description?: pulumi.Input<string>;
  /**
   * Build the image from a context. New content publishes another image (replace). Build options such as `pull`, `noCache`
   * and the caches do not start a build by themselves.
   */
  build?: pulumi.Input<BuildArgs>;
  /**
   * Publish an image from the local Docker, by its reference, such as `mybench:0.0.1`. When the reference points to another
   * image, the provider publishes that one (replace). TypeScript also takes an `Image` of `@pulumi/docker` here.
   */
  image?: pulumi.Input<string> | LocalImage;
  /**
   * What the image offers. Set at least one to true, except for an image adopted with `existingId`. ICA has no call to set
   * this. If ICA reports something else, the provider reports the difference and where to change it.
   */
  access: pulumi.Input<AccessArgs>;
  /** Whether the image is made for Bench clusters. Compared with ICA like `access`. Default: false. */
  clusterCompatible?: pulumi.Input<boolean>;
  /**
   * The project that holds the archive. Default: configuration `ica:projectId`, else ICA_PROJECT_ID. A change takes effect
   * at the next publication.
   */
  projectId?: pulumi.Input<string>;
  /**
   * The project folder for the archive; starts and ends with a slash. Default: `/bench-images/`. A change takes effect at
   * the next publication.
   */
  folder?: pulumi.Input<string>;
  /**
   * Regions to have the image in, by code (`use1`) or UUID. Default: configuration `ica:region`, else the project's own
   * region. Changed in place: a region that you remove from the list is removed from the image. A region that this stack
   * never listed (another stack or the default may have added it) stays until `pulumi refresh` shows it; then the next
   * `pulumi up` removes it.
   */
  regions?: pulumi.Input<pulumi.Input<string>[]>;
  /** The uploaded archive. A change takes effect at the next publication. */
  archive?: pulumi.Input<{
    /** `bzip2`, as on the vendor's page, or `none` for a plain tar. Default: `bzip2`. */
    compression?: pulumi.Input<"bzip2" | "none">;
  }>;
  /**
   * Checks before the upload; docs/image-contract.md lists the rules. Default: `inspect`.
   *
   * - `inspect` reads the Dockerfile in preview and the built image before the upload, and refuses an image that cannot run
   *   in Bench.
   * - `run` does the same, then starts the image under Bench's rules in the local Docker, before the upload. The image has
   *   to stay alive, answer on the ports of `access`, write only below /data and /tmp, and stop within 30 seconds of TERM.
   *   This takes from a few seconds to 100, and twice the image's memory: it runs a second time with a file system that
   *   shows its writes.
   * - `none` accepts every image.
   *
   * An image that is already in ICA is not checked again; a change does nothing to it (in place).
   */
  verify?: pulumi.Input<"inspect" | "run" | "none">;
  /**
   * What `pulumi destroy` does, since ICA has no call to delete an image. `forget` only removes it from the state;
   * `removeRegions` also removes the image's regions. That affects everyone who uses the image, including other stacks. The
   * image keeps its regions if another resource of the same run keeps the image, as after a resource is renamed. Default:
   * `forget`.
   */
  onDelete?: pulumi.Input<"forget" | "removeRegions">;
  /**
   * Adopt an image that is already in ICA, by its id. `name` and `version` must match that image, or the preview fails. A
   * different id means a different image (replace).
   */
  existingId?: pulumi.Input<string>;
  /** Time limits. Only `create` has an effect: it limits ICA's own work on the image. Default: 60m. Changed in place. */
  timeouts?: pulumi.Input<TimeoutsArgs>;
}

/** Arguments for adopting an image. Arguments that are left out keep ICA's values. */
export type ExistingImageArgs = Partial<Omit<BenchImageArgs, "existingId" | "build" | "image">>;

/**
 * A Bench image in ICA's Docker Repository. The provider builds, saves, compresses, uploads and registers it, or adopts it
 * when ICA already has one with the same name, version and content.
 *
 * ```ts
 * const image = new ica.BenchImage("rstudio", {
 *   build: { context: "./image" },
 *   access: { web: true, console: true },
 * });
 * export const id = image.imageId;
 * ```
 *
 * ICA's API can neither change nor delete an image: new content makes a new image, and `pulumi destroy` leaves the image in
 * ICA.
 */
export class BenchImage extends pulumi.CustomResource {
  /** The type token of a dynamic one; policy packs match resources by it. With an ICA provider it is `ica:index:BenchImage`. */
  static readonly __pulumiType = dynamicType("BenchImage");

  /** Whether a value is a BenchImage, including one from another copy of this package. */
  static override isInstance(value: unknown): value is BenchImage {
    return hasType(value, [dynamicType("BenchImage"), pluginType("BenchImage")]);
  }

  /**
   * Adopts an image that is already in ICA: no build, no upload. Arguments that are left out are read from ICA. The same as
   * `existingId` with name, version and access set.
   *
   * ```ts
   * const image = ica.BenchImage.fromExisting("rstudio", "7c1d…", { regions: ["use1", "euc1"] });
   * ```
   *
   * To use an image without managing it, call {@link getImage}. If the image does not exist, the program fails with a list
   * of the images that do.
   *
   * @param name name of the resource in the program
   * @param id id of the image in ICA; a different id means a different image (replace)
   */
  static fromExisting(
    name: string,
    id: pulumi.Input<string>,
    args: ExistingImageArgs = {},
    opts?: pulumi.CustomResourceOptions,
  ): BenchImage {
    const found = getImageOutput({ imageId: id }, opts);
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

  /** Id of the image in ICA; pass it to a workspace as `image`. */
  declare readonly imageId: pulumi.Output<string>;
  /** Name in ICA's Docker Repository. */
  declare readonly name: pulumi.Output<string>;
  /** Version in ICA's Docker Repository. */
  declare readonly version: pulumi.Output<string>;
  /** PARTIAL, AVAILABLE, BUILDFAILED or another status, as ICA reports it. */
  declare readonly status: pulumi.Output<string>;
  /** 64 hex digits that identify the content: that of the build context, or the local image's configuration and layers. */
  declare readonly contextHash: pulumi.Output<string>;
  /** The project that holds the archive. */
  declare readonly projectId: pulumi.Output<string>;
  /** Id of the archive file (`fil.…`); not set for an adopted image. */
  declare readonly dataId: pulumi.Output<string | undefined>;
  /** File name of the archive; not set for an adopted image. */
  declare readonly archiveName: pulumi.Output<string | undefined>;
  /** Size of the archive in bytes; not set for an adopted image. */
  declare readonly archiveSize: pulumi.Output<number | undefined>;
  /** SHA-256 of the archive in hex; not set for an adopted image. */
  declare readonly archiveSha256: pulumi.Output<string | undefined>;
  /** The local Docker's id (`sha256:…`) of the uploaded image; not set when nothing was built here. */
  declare readonly imageDigest: pulumi.Output<string | undefined>;
  /** Address of the image in each region, by region code. */
  declare readonly urls: pulumi.Output<Record<string, string>>;
  /** The settings that ICA reports for the image. */
  declare readonly benchSettings: pulumi.Output<BenchSettings>;

  constructor(name: string, args: BenchImageArgs, opts?: pulumi.CustomResourceOptions) {
    const declared = { ...args, image: referenceOf(args.image) };
    tellEarly("BenchImage", name, { ...declared, name: args.name ?? name });
    const inputs = { ...declared, ...outputs, name: args.name, version: args.version, projectId: args.projectId };
    const registered = registration({ kind: "BenchImage", resource: name, inputs, defaultName: name, opts });
    super(registered.type, name, registered.inputs, registered.opts);
  }
}

/** Every output that is not an argument too: Pulumi sets only outputs that are named. The compiler compares the list with the class. */
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
} satisfies Record<Exclude<keyof BenchImage, keyof pulumi.CustomResource | keyof BenchImageArgs>, undefined>;

/** When ICA does not report a setting, the provider does not compare it, so any value works. */
function offered({ web, console: shell }: BenchSettings): { web: boolean; console: boolean } {
  return { web: web ?? true, console: shell ?? true };
}

/**
 * @internal The local reference that an image argument names. When a resource gives it, it is unknown until that resource is
 * made; otherwise a preview would look in the local Docker for an image that only `pulumi up` builds.
 */
export function referenceOf(image: BenchImageArgs["image"]): pulumi.Input<string> | undefined {
  if (!isLocalImage(image)) {
    return image;
  }
  if (!pulumi.CustomResource.isInstance(image)) {
    return image.imageName;
  }
  return pulumi.all([image.imageName, image.id]).apply(([name]) => name);
}

function isLocalImage(image: BenchImageArgs["image"]): image is LocalImage {
  return pulumi.Resource.isInstance(image);
}
