import { IcaError } from "../ica/transport/error";
import type { Workspace, Workspaces } from "../ica/workspaces";
import { choices, LookupError } from "../lookup-error";
import { normaliseAllowedUrl } from "./allowed-urls";
import { type Cluster, describeCluster } from "./cluster";

/** Which workspace: by id or by name. */
export interface WorkspaceQuery {
  readonly workspaceId?: string | undefined;
  readonly name?: string | undefined;
}

/** A workspace with the field names of its resource. */
export interface FoundWorkspace {
  readonly workspaceId: string;
  readonly name: string;
  readonly projectId: string;
  readonly status: string;
  readonly image: string;
  readonly resourceModel: string;
  readonly storageGb: number;
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly network: "public" | "restricted";
  readonly allowedUrls: string[];
  readonly cluster: Cluster | undefined;
  readonly webUrl: string | undefined;
  readonly consoleHost: string | undefined;
  readonly consolePort: number | undefined;
}

/** Finds one workspace; rejects with a {@link LookupError} when none or several match. */
export async function findWorkspace(
  api: Workspaces,
  projectId: string,
  { workspaceId, name }: WorkspaceQuery,
): Promise<FoundWorkspace> {
  if ((workspaceId === undefined) === (name === undefined)) {
    throw new LookupError("getWorkspace takes either the name of a workspace or its workspaceId.");
  }
  if (workspaceId !== undefined) {
    return byId(api, projectId, workspaceId);
  }
  const all = await api.listed(projectId);
  const [found, another, ...more] = all.filter((workspace) => workspace.name === name);
  if (found === undefined) {
    const names = choices(all.map((workspace) => workspace.name).sort());
    throw new LookupError(`Project ${projectId} has no workspace named "${name}". There are: ${names}.`);
  }
  if (another !== undefined) {
    const ids = [found, another, ...more].map(({ id }) => id).join(", ");
    throw new LookupError(`More than one workspace is named "${name}": choose one with workspaceId, of ${ids}.`);
  }
  return foundWorkspace(projectId, await api.whole(projectId, found));
}

async function byId(api: Workspaces, projectId: string, workspaceId: string): Promise<FoundWorkspace> {
  try {
    return foundWorkspace(projectId, (await api.get(projectId, workspaceId)).workspace);
  } catch (error) {
    if (!(error instanceof IcaError) || !error.isNotFound) {
      throw error;
    }
    const all = await api.listed(projectId);
    const found = all.find(({ id }) => id === workspaceId)?.workspace;
    if (found !== undefined) {
      return foundWorkspace(projectId, found);
    }
    const there = all.map(({ id, name }) => `${id} (${name})`);
    throw new LookupError(
      `Project ${projectId} has no workspace with id ${workspaceId}. There are: ${choices(there)}.`,
    );
  }
}

function foundWorkspace(projectId: string, live: Workspace): FoundWorkspace {
  return {
    workspaceId: live.id,
    name: live.name,
    projectId,
    status: live.status,
    image: live.imageId,
    resourceModel: live.resourceModel,
    storageGb: live.storageSizeInGb,
    access: { web: live.access.web, console: live.access.console },
    network: live.network.mode === "PUBLIC" ? "public" : "restricted",
    allowedUrls: [...new Set(live.network.allowedUrls.map(normaliseAllowedUrl))].sort(),
    cluster: live.cluster == null ? undefined : describeCluster(live.cluster),
    webUrl: live.webUrl ?? undefined,
    consoleHost: live.consoleHost ?? undefined,
    consolePort: live.consolePort ?? undefined,
  };
}
