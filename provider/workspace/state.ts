import type { Workspace, WorkspaceSettings } from "../ica/workspaces";
import { normaliseAllowedUrl } from "./allowed-urls";
import { clusterSettings, describeCluster } from "./cluster";
import type { WorkspaceInputs } from "./inputs";

/** The inputs that describe a workspace as it is: its run state may be one that nobody would declare, as `failed`. */
export type DescribedWorkspace = Omit<WorkspaceInputs, "desiredState"> & { readonly desiredState?: string | undefined };

/** What is kept of a workspace: the inputs as applied (after a read: as ICA has them), and what ICA reports. */
export type WorkspaceState = DescribedWorkspace & {
  readonly workspaceId: string;
  readonly status: string;
  readonly webUrl: string | undefined;
  readonly consoleHost: string | undefined;
  readonly consolePort: number | undefined;
  /** A change stopped it, or was about to, and then failed: it is to run again, though nobody declares a run state. */
  readonly restarting?: true;
};

/** The settings that are sent to ICA. What is left out there is ICA's to choose, or to keep: see {@link keeping}. */
export function settingsOf(inputs: DescribedWorkspace): WorkspaceSettings {
  return {
    name: inputs.name,
    imageId: inputs.image,
    resourceModel: inputs.resourceModel,
    storageSizeInGb: inputs.storageGb,
    access: { web: inputs.access.web, console: inputs.access.console },
    network:
      inputs.network === "public"
        ? { mode: "PUBLIC", allowedUrls: [] }
        : { mode: "RESTRICTED", allowedUrls: inputs.allowedUrls ?? [] },
    ...(inputs.cluster === undefined ? {} : { cluster: clusterSettings(inputs.cluster) }),
    ...(inputs.ephemeralStorage === undefined ? {} : { ephemeralStorage: inputs.ephemeralStorage }),
    ...(inputs.users === undefined ? {} : { users: inputs.users === "single" ? "SINGLE" : "MULTI" }),
  };
}

/** Settings for an update: it replaces all of them, so that what nobody declared is sent as ICA has it. */
export function keeping(live: Workspace, settings: WorkspaceSettings): WorkspaceSettings {
  const { ephemeralStorage, users } = live;
  return {
    ...(ephemeralStorage == null ? {} : { ephemeralStorage }),
    ...(users == null ? {} : { users }),
    ...settings,
  };
}

/**
 * The inputs that describe a workspace as it is now. What only concerns this project stays as it was declared; the run state
 * is told only where it is managed, as are settings that ICA fills in by itself.
 */
export function describe(live: Workspace, was: DescribedWorkspace): DescribedWorkspace {
  const { allowedUrls: declaredUrls, cluster: _, ...rest } = was;
  const allowedUrls = [...new Set(live.network.allowedUrls.map(normaliseAllowedUrl))].sort();
  return {
    ...rest,
    name: live.name,
    image: live.imageId,
    resourceModel: live.resourceModel,
    storageGb: live.storageSizeInGb,
    access: { web: live.access.web, console: live.access.console },
    network: live.network.mode === "PUBLIC" ? "public" : "restricted",
    ...(allowedUrls.length > 0 || declaredUrls !== undefined ? { allowedUrls } : {}),
    ...(live.cluster == null ? {} : { cluster: describeCluster(live.cluster) }),
    ...(was.ephemeralStorage === undefined || live.ephemeralStorage == null
      ? {}
      : { ephemeralStorage: live.ephemeralStorage }),
    ...(was.users === undefined || live.users == null ? {} : { users: live.users === "SINGLE" ? "single" : "multi" }),
    ...(was.desiredState === undefined ? {} : { desiredState: runStateOf(live.status) }),
  };
}

/** State after ICA was asked: `inputs` as they hold now, beside what ICA reports. */
export function stateOf(live: Workspace, inputs: DescribedWorkspace): WorkspaceState {
  return {
    ...inputs,
    workspaceId: live.id,
    status: live.status,
    webUrl: live.webUrl ?? undefined,
    consoleHost: live.consoleHost ?? undefined,
    consolePort: live.consolePort ?? undefined,
  };
}

/** The inputs within a state. */
export function inputsOf(state: WorkspaceState): DescribedWorkspace {
  const { workspaceId, status, webUrl, consoleHost, consolePort, restarting: _, ...inputs } = state;
  return inputs;
}

/** Whether somebody may be at work in it. A status that is not known counts as one of a workspace that is up. */
export function isUp(status: string): boolean {
  return !(isDown(status) || status === "Stopping");
}

/** Whether it can be changed or deleted as it is, without a stop. */
export function isDown(status: string): boolean {
  return status === "Stopped" || status === "Failed";
}

/** The status in the words of `desiredState`: where it is, or where it is on its way to. Others (`failed`, …) match neither. */
export function runStateOf(status: string): string {
  const known: Record<string, string> = {
    Running: "running",
    Starting: "running",
    Stopped: "stopped",
    Stopping: "stopped",
  };
  return known[status] ?? status.toLowerCase();
}
