import type { Workspace, WorkspaceSettings } from "../ica/workspaces";
import type { MaybeWithin } from "../inputs/unknown";
import { normaliseAllowedUrl } from "./allowed-urls";
import { clusterSettings, describeCluster } from "./cluster";
import type { DescribedWorkspace, WorkspaceState } from "./saved-state";

export type { DescribedWorkspace, WorkspaceState };

/** The settings to send to ICA. ICA chooses or keeps the ones that are left out: see {@link keeping}. */
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

/** Settings for an update. An update replaces all settings, so undeclared ones are sent with ICA's values. */
export function keeping(live: Workspace, settings: WorkspaceSettings): WorkspaceSettings {
  const { ephemeralStorage, users } = live;
  return {
    ...(ephemeralStorage == null ? {} : { ephemeralStorage }),
    ...(users == null ? {} : { users }),
    ...settings,
  };
}

/**
 * The inputs that describe the workspace as it is now. Fields that concern only this project keep their declared value. The
 * run state, and the settings that ICA fills in by itself, are included only if they are managed.
 */
export function describe(live: Workspace, was: DescribedWorkspace): DescribedWorkspace;
export function describe(live: Workspace, was: MaybeWithin<DescribedWorkspace>): MaybeWithin<DescribedWorkspace>;
export function describe(live: Workspace, was: MaybeWithin<DescribedWorkspace>): MaybeWithin<DescribedWorkspace> {
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

/** The state after a call to ICA: the current `inputs` and what ICA reports. */
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

/** The state of a resource that holds its workspace by an adoption, if there is one. */
export function withAdoption(state: WorkspaceState, adoption: string | undefined): WorkspaceState {
  return adoption === undefined ? state : { ...state, adoption };
}

/** Whether users may be working in it. An unknown status counts as running. */
export function isUp(status: string): boolean {
  return !(isDown(status) || status === "Stopping");
}

/** Whether it can be changed or deleted without stopping it first. */
export function isDown(status: string): boolean {
  return status === "Stopped" || status === "Failed";
}

/**
 * Whether ICA reports the workspace as deleted or being deleted. The status words are assumed (W7); for data and images they
 * are documented.
 */
export function isDeleting({ status }: Workspace): boolean {
  return /^delet/i.test(status);
}

/** The status in the terms of `desiredState`: what it is or is becoming. Other values (`failed`, …) match neither. */
export function runStateOf(status: string): string {
  const known: Record<string, string> = {
    Running: "running",
    Starting: "running",
    Stopped: "stopped",
    Stopping: "stopped",
  };
  return known[status] ?? status.toLowerCase();
}
