import type * as pulumi from "@pulumi/pulumi";
import type { Inputs } from "./inputs";
import { lookup } from "./lookup";

/** Which workspace {@link getWorkspace} finds: by name or by id. */
export type GetWorkspaceArgs = {
  /** The project of the workspace. Default: configuration `ica:projectId`, else ICA_PROJECT_ID. */
  projectId?: string;
} & (
  | {
      /** Full name of the workspace. */
      name: string;
      workspaceId?: never;
    }
  | {
      /** Id in ICA. */
      workspaceId: string;
      name?: never;
    }
);

/** {@link GetWorkspaceArgs}; each argument may be an output. */
export type GetWorkspaceOutputArgs = Inputs<GetWorkspaceArgs>;

/** A workspace in ICA, created by this stack or anyone else. The fields are those of {@link Workspace}. */
export interface GetWorkspaceResult {
  /** Id of the workspace in ICA. */
  readonly workspaceId: string;
  /** Name of the workspace. */
  readonly name: string;
  /** The project of the workspace. */
  readonly projectId: string;
  /** Running, Stopped, Starting or another status, as ICA reports it. */
  readonly status: string;
  /** Id of the workspace's Bench image. */
  readonly image: string;
  /** Size of the machine, such as `standard-small`. */
  readonly resourceModel: string;
  /** Size of /data in GB. */
  readonly storageGb: number;
  /** How users reach the workspace. */
  readonly access: { readonly web: boolean; readonly console: boolean };
  /** The workspace's network: `public` or `restricted`. */
  readonly network: "public" | "restricted";
  /** With `restricted`: the allowed URLs in alphabetical order. Otherwise empty. */
  readonly allowedUrls: string[];
  /** The workspace's cluster, with the fields of {@link ClusterArgs}; not set when it has none. */
  readonly cluster:
    | {
        readonly members?: number | undefined;
        readonly maxMembers?: number | undefined;
        readonly managerImage?: string | undefined;
        readonly managerWeb: boolean;
        readonly dedicatedManager: boolean;
      }
    | undefined;
  /** Address of the web page; set while the workspace runs with web access. */
  readonly webUrl: string | undefined;
  /** Host for SSH; set while the workspace runs with console access. */
  readonly consoleHost: string | undefined;
  /** Port for SSH; set together with `consoleHost`. */
  readonly consolePort: number | undefined;
}

/**
 * Finds a workspace that is already in ICA. Read-only; also runs in preview.
 *
 * ```ts
 * const { webUrl } = await ica.getWorkspace({ name: "genomics" });
 * ```
 *
 * Fails when none matches (the error lists the workspaces that exist) or when several have the name (the error says how to
 * choose). Also fails on a tenant without workspace calls; these calls are assumed: docs/assumptions.md.
 */
export function getWorkspace(args: GetWorkspaceArgs, opts?: pulumi.InvokeOptions): Promise<GetWorkspaceResult> {
  return workspace.plain(args, opts);
}

/** {@link getWorkspace} with arguments that may be outputs. In preview, the result is unknown while an argument is unknown. */
export function getWorkspaceOutput(
  args: GetWorkspaceOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetWorkspaceResult> {
  return workspace.output(args, opts);
}

const workspace = lookup<GetWorkspaceArgs, GetWorkspaceResult>({
  ask: (lookups, args) => lookups.workspace(args),
  token: "ica:index:getWorkspace",
});
