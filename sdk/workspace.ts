import * as pulumi from "@pulumi/pulumi";
import type { AccessArgs, TimeoutsArgs } from "./access";
import { type GetWorkspaceResult, getWorkspaceOutput } from "./get-workspace";
import { tellEarly } from "./machinery/early-problems";
import { typeToken, withMachinery } from "./machinery/machinery";

/**
 * A cluster of machines beside the workspace: one manager and 0 to 50 members (help.ica.illumina.com, "Bench Clusters"). It
 * starts after the workspace's own node. The image has to be cluster compatible.
 */
export type ClusterArgs = ClusterManagerArgs & (StaticMembersArgs | DynamicMembersArgs);

/** A fixed number of members, which the load does not change. */
export interface StaticMembersArgs {
  /** 0 to 50. */
  members: pulumi.Input<number>;
  maxMembers?: never;
}

/** Members that come and go with the load. */
export interface DynamicMembersArgs {
  /** Most members at a time, 0 to 50. */
  maxMembers: pulumi.Input<number>;
  members?: never;
}

/** What is said of a cluster's manager. */
export interface ClusterManagerArgs {
  /** Id of another Bench image for manager and members. Default: the workspace's own. */
  managerImage?: pulumi.Input<string>;
  /** Web access to the manager. Default: false. */
  managerWeb?: pulumi.Input<boolean>;
  /** A whole machine of the workspace's resource model for the manager; without it one core of each member does that work. Default: false. */
  dedicatedManager?: pulumi.Input<boolean>;
}

/** What a {@link Workspace} is declared with. */
export interface WorkspaceArgs {
  /**
   * Name, unique in the project. Changed in place. Left out: a new workspace gets `<project>-<stack>-<resource name>` of the
   * Pulumi program, the same at every try, and keeps the name that it has, also when the stack or the resource gets another one.
   */
  name?: pulumi.Input<string>;
  /** The project it belongs to. Default: configuration `ica:projectId`, else ICA_PROJECT_ID. A change makes a new workspace (replace), and /data is lost. */
  projectId?: pulumi.Input<string>;
  /** Id of a Bench image: `image.imageId`. A change restarts a running workspace; /data stays. */
  image: pulumi.Input<string>;
  /**
   * Size of the machine. The vendor's page names standard-small (2 CPU, 8 GB), standard-medium (4, 16), standard-large
   * (8, 32), standard-xlarge (16, 64), standard-2xlarge (32, 128) and gpu-small; what a tenant may use depends on its
   * entitlements. A change restarts a running workspace.
   */
  resourceModel: pulumi.Input<string>;
  /**
   * Size of /data in GB, 10 to 65536 (10 GB to 64 TB, help.ica.illumina.com, "Bench workspaces"). Grows in place; a disk
   * cannot shrink, so less makes a new workspace (replace), and /data is lost.
   */
  storageGb: pulumi.Input<number>;
  /**
   * Whether it has ephemeral storage (an option since ICA 2.40; help.ica.illumina.com, release notes of 2025). Left out: ICA
   * chooses, and the value is not touched afterwards. A change restarts a running workspace.
   */
  ephemeralStorage?: pulumi.Input<boolean>;
  /** How people get in; not more than the image offers. A change restarts a running workspace. */
  access: pulumi.Input<AccessArgs>;
  /**
   * `single`: one person works in it; `multi`: several do. Left out: ICA chooses (`single` since 2.41, release notes of 2025),
   * and the value is not touched afterwards. A change restarts a running workspace.
   */
  users?: pulumi.Input<"single" | "multi">;
  /**
   * `public`: TCP to public addresses is allowed. `restricted`: only the `allowedUrls` can be reached, through the proxy in
   * HTTP_PROXY and HTTPS_PROXY ("Bring Your Own Bench Image"). A change restarts a running workspace.
   */
  network: pulumi.Input<"public" | "restricted">;
  /**
   * Where a restricted workspace may connect to: `https://cran.r-project.org`, `*.example.org`, with port or path if need be.
   * Order, repetition and a trailing slash are no change. Not with `public`. Default: nothing. A change restarts a running workspace.
   */
  allowedUrls?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * A cluster beside it: `{ members: 4 }` or `{ maxMembers: 20 }`. Left out: none, and one that was made by hand is drift.
   * Needs an image that is `clusterCompatible`. A change restarts a running workspace.
   */
  cluster?: pulumi.Input<ClusterArgs | undefined>;
  /**
   * `running` or `stopped`: held so by every `pulumi up`, and a stop by hand is drift that `pulumi preview --refresh` shows.
   * Left out: created stopped and never touched afterwards; people start and stop it themselves.
   */
  desiredState?: pulumi.Input<"running" | "stopped">;
  /**
   * Whether a change that needs it may restart a running workspace: whoever works in it sees "Server Connection Error".
   * Without it such a change fails in preview. Default: false.
   */
  allowRestart?: pulumi.Input<boolean>;
  /** Whether a change that makes a new workspace may throw away /data. Without it such a change fails in preview. Default: false. */
  allowDataLoss?: pulumi.Input<boolean>;
  /** Take over a workspace that exists, by its id, and bring it to what is declared. Another id is another workspace (replace). */
  existingId?: pulumi.Input<string>;
  /** Limits of time. */
  timeouts?: pulumi.Input<TimeoutsArgs>;
}

/** What a workspace that is taken over is declared with; what is left out stays as ICA has it. */
export type ExistingWorkspaceArgs = Partial<Omit<WorkspaceArgs, "existingId">>;

/**
 * A Bench workspace: a container of a Bench image with a disk at /data, reachable by web, SSH or both.
 *
 * ```ts
 * new ica.Workspace("genomics", {
 *   image: image.imageId,
 *   resourceModel: "standard-small",
 *   storageGb: 64,
 *   access: { web: true, console: true },
 *   network: "restricted",
 *   allowedUrls: ["https://cran.r-project.org"],
 *   desiredState: "running",
 * });
 * ```
 *
 * No public document of ICA describes calls for workspaces; docs/assumptions.md says what is assumed. The emulator serves
 * these calls; a tenant without them fails clearly, and images keep working.
 *
 * "Data in this folder [/data] is not persisted in your project and will be removed at deletion of the workspace" (the
 * vendor's page): deleting or replacing a workspace destroys it. Set `protect: true` where that would hurt.
 */
export class Workspace extends pulumi.CustomResource {
  /** The type token; policy packs match resources by it. */
  static readonly __pulumiType = typeToken("Workspace");

  /** Whether a value is a Workspace, also one of another copy of this package. */
  static override isInstance(value: unknown): value is Workspace {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as { __pulumiType?: unknown }).__pulumiType === Workspace.__pulumiType
    );
  }

  /**
   * Takes over a workspace that exists, and brings it to what `args` declare; what they leave out stays as ICA has it at the
   * time of each run. The same as `existingId` with everything declared.
   *
   * ```ts
   * const workspace = ica.Workspace.fromExisting("genomics", "2f0c…", { desiredState: "running" });
   * ```
   *
   * From then on it is this stack's: `pulumi destroy` deletes it, /data included, unless `retainOnDelete` is set. The program
   * fails when there is no such workspace, and lists those that there are.
   *
   * @param name name of the resource in the program
   * @param id id of the workspace in ICA; another id is another workspace (replace)
   */
  static fromExisting(
    name: string,
    id: pulumi.Input<string>,
    args: ExistingWorkspaceArgs = {},
    opts?: pulumi.CustomResourceOptions,
  ): Workspace {
    // Where everything is declared nothing is asked: a workspace that was deleted by hand is told at the resource.
    if (isComplete(args)) return new Workspace(name, { ...args, existingId: id }, opts);
    const { projectId } = args;
    const found = getWorkspaceOutput({ workspaceId: id, ...(projectId === undefined ? {} : { projectId }) });
    const network = args.network ?? found.network;
    return new Workspace(
      name,
      {
        // A list of URLs that belongs to another network than the declared one says nothing.
        allowedUrls: pulumi
          .all([network, found.network, found.allowedUrls])
          .apply(([declared, present, urls]) => (declared === present ? urls : undefined)),
        ...args,
        name: args.name ?? found.name,
        image: args.image ?? found.image,
        resourceModel: args.resourceModel ?? found.resourceModel,
        storageGb: args.storageGb ?? found.storageGb,
        access: args.access ?? found.access,
        network,
        cluster: args.cluster ?? found.cluster.apply(declarable),
        existingId: id,
      },
      opts,
    );
  }

  /** Id of the workspace in ICA. */
  declare readonly workspaceId: pulumi.Output<string>;
  /** Its name. */
  declare readonly name: pulumi.Output<string>;
  /** The project it belongs to. */
  declare readonly projectId: pulumi.Output<string>;
  /** As ICA reports it: Running, Stopped, Starting and others. */
  declare readonly status: pulumi.Output<string>;
  /** Address of its web page, with web access and while it runs. */
  declare readonly webUrl: pulumi.Output<string | undefined>;
  /** Host for SSH, with console access and while it runs. The password is any API key of the user. */
  declare readonly consoleHost: pulumi.Output<string | undefined>;
  /** Port for SSH, with `consoleHost`. */
  declare readonly consolePort: pulumi.Output<number | undefined>;

  constructor(name: string, args: WorkspaceArgs, opts?: pulumi.CustomResourceOptions) {
    const declared = { ...args, name: args.name ?? `${pulumi.getProject()}-${pulumi.getStack()}-${name}` };
    tellEarly("Workspace", name, declared);
    super(
      Workspace.__pulumiType,
      name,
      {
        ...withMachinery({
          kind: "Workspace",
          resource: name,
          inputs: declared,
          hasDefaultName: args.name === undefined,
          opts,
        }),
        // Outputs have to be named, or they stay undefined.
        workspaceId: undefined,
        status: undefined,
        webUrl: undefined,
        consoleHost: undefined,
        consolePort: undefined,
        projectId: args.projectId,
      },
      opts,
    );
  }
}

/** A cluster that was found, as it would be declared: a cluster that the program does not name must not be taken away. */
function declarable(cluster: GetWorkspaceResult["cluster"]): ClusterArgs | undefined {
  if (cluster === undefined) return undefined;
  const { members, maxMembers, managerImage, managerWeb, dedicatedManager } = cluster;
  const rest = { managerWeb, dedicatedManager, ...(managerImage === undefined ? {} : { managerImage }) };
  return maxMembers === undefined ? { members: members ?? 0, ...rest } : { maxMembers, ...rest };
}

const needed = ["name", "image", "resourceModel", "storageGb", "access", "network", "cluster"] as const;

function isComplete(args: ExistingWorkspaceArgs): args is ExistingWorkspaceArgs & Omit<WorkspaceArgs, "existingId"> {
  const urls = args.network === "public" || args.allowedUrls !== undefined;
  return urls && needed.every((field) => args[field] !== undefined);
}
