import type { Limits } from "./resource-models";

/** Uid and gid that Bench forces on every workspace. */
export const BENCH_UID = 1000;
export const BENCH_GID = 100;
/** The main process of a workspace. */
export const INIT_SCRIPT = "/usr/local/bin/ica_start.sh";
/** Ports that Bench publishes, each only when its access is on. */
export const WEB_PORT = 8888;
export const CONSOLE_PORT = 2222;
/** Seconds between TERM and KILL. */
export const STOP_GRACE_S = 30;

/** A workspace to run. */
export interface WorkspaceSpec {
  /** Names its containers, network and volumes; the same after every restart. */
  readonly id: string;
  /** What the image is called in the local Docker. */
  readonly image: string;
  /** Empty: no limits but {@link limits}. */
  readonly resourceModel: string;
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly network: {
    readonly mode: "PUBLIC" | "RESTRICTED";
    readonly allowedUrls: readonly string[];
    /**
     * Lets a public workspace reach what Docker's own networks reach: private addresses, and this machine at its address on
     * the bridge. On Bench it does not. Default: false.
     */
    readonly allowPrivate?: boolean;
  };
  /** See `benchEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it may use at most, field by field in the place of what `resourceModel` says. */
  readonly limits?: Limits;
  /**
   * Lets the main process write everywhere that its user may, to see what it would write; Bench never does. Default: false.
   */
  readonly writableRoot?: boolean;
  /** A volume for /data that is somebody's to keep: it is made when it is not there, and never removed. Default: one of the workspace's own. */
  readonly keptData?: string;
  /**
   * Folder of this machine with the data of the project, to be mounted at /data/project. Default: an ordinary folder on the
   * workspace's own disk. An engine that does not see this machine's files has that, too; a line in the log says so.
   */
  readonly projectFolder?: string;
}

/** Where the ports of a workspace are on 127.0.0.1. A port that is not published is absent. They change at every start. */
export interface Endpoints {
  readonly web?: number;
  readonly console?: number;
}

/** How a stop went. */
export interface StopOutcome {
  readonly seconds: number;
  /** True when the main process did not end within the grace time. */
  readonly killed: boolean;
}
