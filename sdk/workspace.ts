import * as pulumi from "@pulumi/pulumi";
import type { AccessArgs, TimeoutsArgs } from "./access";
import { type GetWorkspaceResult, getWorkspaceOutput } from "./get-workspace";
import { tellEarly } from "./machinery/early-problems";
import { registration } from "./machinery/machinery";
import { dynamicType, hasType, pluginType } from "./machinery/type-token";

/**
 * A cluster of machines for the workspace: one manager and 0 to 50 members (help.ica.illumina.com, "Bench Clusters"). It
 * starts after the workspace's own node. The image has to be cluster compatible.
 */
export type ClusterArgs = ClusterManagerArgs & (StaticMembersArgs | DynamicMembersArgs);

/** A fixed number of members, independent of the load. */
interface StaticMembersArgs {
  /** Number of members, 0 to 50. */
  members: pulumi.Input<number>;
  maxMembers?: never;
}

/** A number of members that follows the load. */
interface DynamicMembersArgs {
  /** Largest number of members, 0 to 50. */
  maxMembers: pulumi.Input<number>;
  members?: never;
}

/** Settings of a cluster's manager. */
interface ClusterManagerArgs {
  /** Id of another Bench image for the manager and the members. Default: the workspace's own image. */
  managerImage?: pulumi.Input<string>;
  /** Web access to the manager. Default: false. */
  managerWeb?: pulumi.Input<boolean>;
  /**
   * Give the manager a whole machine of the workspace's resource model. When false, it uses one core of each member.
   * Default: false.
   */
  dedicatedManager?: pulumi.Input<boolean>;
}

/** Arguments of {@link Workspace}. */
export interface WorkspaceArgs {
  /**
   * Name, unique in the project. Changed in place. Default for a new workspace: `<project>-<stack>-<resource name>` of the
   * Pulumi program, the same at every try. An existing workspace keeps its name, even when the stack or the resource is
   * renamed.
   */
  name?: pulumi.Input<string>;
  /**
   * The project of the workspace. Default: configuration `ica:projectId`, else ICA_PROJECT_ID. A change creates a new
   * workspace (replace), and /data is lost.
   */
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
   * Size of /data in GB, 10 to 65536 (10 GB to 64 TB, help.ica.illumina.com, "Bench workspaces"). A larger size changes in
   * place. A disk cannot shrink, so a smaller size creates a new workspace (replace), and /data is lost.
   */
  storageGb: pulumi.Input<number>;
  /**
   * Whether the workspace has ephemeral storage (an option since ICA 2.40; help.ica.illumina.com, release notes of 2025).
   * Default: ICA chooses, and the provider does not change the value later. A change restarts a running workspace.
   */
  ephemeralStorage?: pulumi.Input<boolean>;
  /** How users reach the workspace. The image must offer each option. A change restarts a running workspace. */
  access: pulumi.Input<AccessArgs>;
  /**
   * `single`: one user works in the workspace; `multi`: several do. Default: ICA chooses (`single` since 2.41, release notes
   * of 2025), and the provider does not change the value later. A change restarts a running workspace.
   */
  users?: pulumi.Input<"single" | "multi">;
  /**
   * `public`: TCP to public addresses is allowed. `restricted`: the workspace can reach only the `allowedUrls`, through the
   * proxy in HTTP_PROXY and HTTPS_PROXY ("Bring Your Own Bench Image"). A change restarts a running workspace.
   */
  network: pulumi.Input<"public" | "restricted">;
  /**
   * Where a restricted workspace can connect to: `https://cran.r-project.org`, `*.example.org`, optionally with port or
   * path. Order, duplicates and a trailing slash do not count as a change. Not allowed with `public`. Default: nothing. A
   * change restarts a running workspace.
   */
  allowedUrls?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * A cluster for the workspace: `{ members: 4 }` or `{ maxMembers: 20 }`. Default: no cluster; one that was created by hand
   * is drift. Needs a `clusterCompatible` image. A change restarts a running workspace.
   */
  cluster?: pulumi.Input<ClusterArgs | undefined>;
  /**
   * `running` or `stopped`: every `pulumi up` restores this state. A manual stop is drift that `pulumi preview --refresh`
   * shows. Default: the provider creates the workspace stopped and leaves its run state to the users.
   */
  desiredState?: pulumi.Input<"running" | "stopped">;
  /**
   * Whether a change may restart a running workspace. During the restart its users see "Server Connection Error". The same
   * as `whileRunning`: `restart` when true. Default: false.
   */
  allowRestart?: pulumi.Input<boolean>;
  /**
   * What happens to a change that needs a restart while the workspace runs. `refuse`: it fails in preview. `restart`: the
   * workspace is stopped, changed and started. `defer`: the workspace is left as it is, `pulumi up` succeeds and says so,
   * and the next `pulumi up` after people have stopped it makes the change; see `pendingChanges`. A change that loses /data
   * is never deferred. Default: `refuse`, or `restart` with `allowRestart: true`. A change writes nothing to ICA.
   */
  whileRunning?: pulumi.Input<"refuse" | "restart" | "defer">;
  /**
   * Whether a change that creates a new workspace may destroy /data. When false, such a change fails in preview. Default:
   * false.
   */
  allowDataLoss?: pulumi.Input<boolean>;
  /**
   * Adopt an existing workspace by its id and change it to match the declaration. A different id means a different workspace
   * (replace).
   */
  existingId?: pulumi.Input<string>;
  /** Time limits. With the plugin, Pulumi's option `customTimeouts` wins; the dynamic provider does not receive it. */
  timeouts?: pulumi.Input<TimeoutsArgs>;
}

/** Arguments for adopting a workspace. Arguments that are left out keep ICA's values. */
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
 * ICA's public documents describe no workspace calls; docs/assumptions.md lists what this package assumes. The emulator
 * serves these calls. On a tenant without them workspaces fail with a clear error, and images keep working.
 *
 * "Data in this folder [/data] is not persisted in your project and will be removed at deletion of the workspace" (the
 * vendor's page): deleting or replacing a workspace destroys /data. Set `protect: true` to prevent that.
 */
export class Workspace extends pulumi.CustomResource {
  /** The type token of a dynamic one; policy packs match resources by it. With an ICA provider it is `ica:index:Workspace`. */
  static readonly __pulumiType = dynamicType("Workspace");

  /** Whether a value is a Workspace, including one from another copy of this package. */
  static override isInstance(value: unknown): value is Workspace {
    return hasType(value, [dynamicType("Workspace"), pluginType("Workspace")]);
  }

  /**
   * Adopts an existing workspace and changes it to match `args`. Arguments that are left out keep the values that ICA has at
   * each run. The same as `existingId` with everything set.
   *
   * ```ts
   * const workspace = ica.Workspace.fromExisting("genomics", "2f0c…", { desiredState: "running" });
   * ```
   *
   * From then on this stack owns the workspace: `pulumi destroy` deletes it, including /data, unless `retainOnDelete` is
   * set. If the workspace does not exist, the program fails with a list of the workspaces that do.
   *
   * @param name name of the resource in the program
   * @param id id of the workspace in ICA; a different id means a different workspace (replace)
   */
  static fromExisting(
    name: string,
    id: pulumi.Input<string>,
    args: ExistingWorkspaceArgs = {},
    opts?: pulumi.CustomResourceOptions,
  ): Workspace {
    // With everything declared, no query is needed. The resource itself then reports a workspace that was deleted by hand.
    if (isComplete(args)) {
      return new Workspace(name, { ...args, existingId: id }, opts);
    }
    const { projectId } = args;
    const found = getWorkspaceOutput({ workspaceId: id, ...(projectId === undefined ? {} : { projectId }) }, opts);
    const network = args.network ?? found.network;
    return new Workspace(
      name,
      {
        // ICA's URLs apply only if its network is the declared one.
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
  /** Name of the workspace. */
  declare readonly name: pulumi.Output<string>;
  /** The project of the workspace. */
  declare readonly projectId: pulumi.Output<string>;
  /** Running, Stopped, Starting or another status, as ICA reports it. */
  declare readonly status: pulumi.Output<string>;
  /** Address of the web page; set while the workspace runs with web access. */
  declare readonly webUrl: pulumi.Output<string | undefined>;
  /** Host for SSH; set while the workspace runs with console access. The password is any API key of the user. */
  declare readonly consoleHost: pulumi.Output<string | undefined>;
  /** Port for SSH; set together with `consoleHost`. */
  declare readonly consolePort: pulumi.Output<number | undefined>;
  /**
   * The arguments whose change waits until people have stopped the workspace (`whileRunning: "defer"`), each with the value
   * that it will have. Undefined when nothing waits.
   */
  declare readonly pendingChanges: pulumi.Output<Record<string, unknown> | undefined>;

  constructor(name: string, args: WorkspaceArgs, opts?: pulumi.CustomResourceOptions) {
    const defaultName = `${pulumi.getProject()}-${pulumi.getStack()}-${name}`;
    tellEarly("Workspace", name, { ...args, name: args.name ?? defaultName });
    const inputs = { ...args, ...outputs, name: args.name, projectId: args.projectId };
    const registered = registration({ kind: "Workspace", resource: name, inputs, defaultName, opts });
    super(registered.type, name, registered.inputs, registered.opts);
  }
}

/** Every output that is not an argument too: Pulumi sets only outputs that are named. The compiler compares the list with the class. */
const outputs = {
  workspaceId: undefined,
  status: undefined,
  webUrl: undefined,
  consoleHost: undefined,
  consolePort: undefined,
  pendingChanges: undefined,
} satisfies Record<Exclude<keyof Workspace, keyof pulumi.CustomResource | keyof WorkspaceArgs>, undefined>;

/** The cluster in ICA as a declaration. Without it, the update would remove a cluster that the program does not declare. */
function declarable(cluster: GetWorkspaceResult["cluster"]): ClusterArgs | undefined {
  if (cluster === undefined) {
    return undefined;
  }
  const { members, maxMembers, managerImage, managerWeb, dedicatedManager } = cluster;
  const rest = { managerWeb, dedicatedManager, ...(managerImage === undefined ? {} : { managerImage }) };
  return maxMembers === undefined ? { members: members ?? 0, ...rest } : { maxMembers, ...rest };
}

const needed = ["name", "image", "resourceModel", "storageGb", "access", "network", "cluster"] as const;

function isComplete(args: ExistingWorkspaceArgs): args is ExistingWorkspaceArgs & Omit<WorkspaceArgs, "existingId"> {
  const urls = args.network === "public" || args.allowedUrls !== undefined;
  return urls && needed.every((field) => args[field] !== undefined);
}
