import * as pulumi from "@pulumi/pulumi";
import type { Inputs } from "./inputs";
import { ask, ifSecret } from "./lookup";

/** Which workspace {@link getWorkspace} is to find: by its name or by its id. */
export type GetWorkspaceArgs = {
  /** The project it belongs to. Default: configuration `ica:projectId`, else ICA_PROJECT_ID. */
  projectId?: string;
} & (
  | {
      /** Its name; the whole of it. */
      name: string;
      workspaceId?: never;
    }
  | {
      /** Id in ICA. */
      workspaceId: string;
      name?: never;
    }
);

/** {@link GetWorkspaceArgs}, each of which may be an output. */
export type GetWorkspaceOutputArgs = Inputs<GetWorkspaceArgs>;

/** A workspace that is in ICA, whoever made it, in the words of {@link Workspace}. */
export interface GetWorkspaceResult {
  /** Id of the workspace in ICA. */
  readonly workspaceId: string;
  /** Its name. */
  readonly name: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** As ICA reports it: Running, Stopped, Starting and others. */
  readonly status: string;
  /** Id of its Bench image. */
  readonly image: string;
  /** Size of its machine, as `standard-small`. */
  readonly resourceModel: string;
  /** Size of /data in GB. */
  readonly storageGb: number;
  /** How people get in. */
  readonly access: { readonly web: boolean; readonly console: boolean };
  /** Where it may connect to. */
  readonly network: "public" | "restricted";
  /** With `restricted`, in alphabetical order; else empty. */
  readonly allowedUrls: string[];
  /** The cluster beside it, in the words of {@link ClusterArgs}; undefined where there is none. */
  readonly cluster:
    | {
        readonly members?: number | undefined;
        readonly maxMembers?: number | undefined;
        readonly managerImage?: string | undefined;
        readonly managerWeb: boolean;
        readonly dedicatedManager: boolean;
      }
    | undefined;
  /** Address of its web page, with web access and while it runs. */
  readonly webUrl: string | undefined;
  /** Host for SSH, with console access and while it runs. */
  readonly consoleHost: string | undefined;
  /** Port for SSH, with `consoleHost`. */
  readonly consolePort: number | undefined;
}

/**
 * Finds a workspace that is in ICA already. Only reads, in a preview too.
 *
 * ```ts
 * const { webUrl } = await ica.getWorkspace({ name: "genomics" });
 * ```
 *
 * Rejects when there is none (the error lists what there is), when there is more than one of the name (the error says how to
 * choose), and on a tenant without workspace calls, which are assumed: docs/assumptions.md.
 */
export function getWorkspace(args: GetWorkspaceArgs): Promise<GetWorkspaceResult> {
  return ask((lookups) => lookups.workspace(args));
}

/** {@link getWorkspace} for arguments that may be outputs. In a preview it is unknown while an argument is. */
export function getWorkspaceOutput(args: GetWorkspaceOutputArgs): pulumi.Output<GetWorkspaceResult> {
  const known = pulumi.output(args);
  return known.apply(async (plain) => ask((lookups) => lookups.workspace(plain), await ifSecret(known, plain)));
}
