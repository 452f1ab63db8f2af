import type { Limits } from "./resource-models";

/** The specification of a workspace to run. */
export interface WorkspaceSpec {
  /** Part of the names of its containers, network and volumes; the same after every restart. */
  readonly id: string;
  /** The image's name in the local Docker. */
  readonly image: string;
  /** Empty: only {@link limits} apply. */
  readonly resourceModel: string;
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly network: {
    readonly mode: "PUBLIC" | "RESTRICTED";
    readonly allowedUrls: readonly string[];
    /**
     * Whether a public workspace can reach what Docker's own networks reach: private addresses, and this machine at its
     * address on the bridge. Not possible on Bench. Default: false.
     */
    readonly allowPrivate?: boolean;
  };
  /** See `benchEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Limits that replace those of `resourceModel`, field by field. */
  readonly limits?: Limits;
  /**
   * Allows the main process to write wherever its user may, to find out what it would write. Bench never does. Default:
   * false.
   */
  readonly writableRoot?: boolean;
  /**
   * Name of a volume for /data that the user keeps: created if missing, never removed. Default: a volume of the
   * workspace's own.
   */
  readonly keptData?: string;
  /**
   * Folder of this machine with the data of the project, mounted at /data/project. Default: an ordinary folder on the
   * workspace's own disk. The default also applies when the engine does not see this machine's files; the log says so.
   */
  readonly projectFolder?: string;
}

/** The ports of a workspace on 127.0.0.1. Unpublished ports are absent. They change at every start. */
export interface Endpoints {
  readonly web?: number;
  readonly console?: number;
}

/** The outcome of a stop. */
export interface StopOutcome {
  readonly seconds: number;
  /** Whether the main process exceeded the grace time. */
  readonly killed: boolean;
}
