import { NAMESPACE, webPrefix } from "../../runtime";
import type { JsonObject } from "../http/idempotency";
import { etagOf } from "../http/rest";
import type { WorkspaceRecord, WorkspaceSettings } from "./record";

/** The host for console access: the SSH gateway listens on loopback only. */
export const gatewayHost = "127.0.0.1";

/** A workspace as the API shows it. Contains an address only while the workspace runs and has that access. */
export function viewOf(record: WorkspaceRecord, baseUrl: string, consolePort: number | undefined): JsonObject {
  const { id, timeCreated, timeModified, projectId, status, statusMessage, settings, number } = record;
  const { cluster, ...others } = settings;
  const running = status === "Running";
  return {
    id,
    timeCreated,
    timeModified,
    projectId,
    status,
    ...(statusMessage === undefined ? {} : { statusMessage }),
    ...others,
    ...(cluster === undefined ? {} : { cluster: clusterView(cluster) }),
    ...(running && settings.access.web ? { webUrl: `${baseUrl}/${webPrefix(NAMESPACE, number)}/` } : {}),
    ...(running && settings.access.console && consolePort !== undefined
      ? { consoleHost: gatewayHost, consolePort }
      : {}),
  };
}

function clusterView({ managerImageId, ...cluster }: NonNullable<WorkspaceSettings["cluster"]>): JsonObject {
  return { ...cluster, ...(managerImageId === undefined ? {} : { managerImageId }) };
}

/** Changes with the settings, but not with the run state. */
export function workspaceEtag({ settings }: WorkspaceRecord): string {
  return etagOf(settings);
}
