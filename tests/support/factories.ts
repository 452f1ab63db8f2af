import type { BenchImageInputs } from "../../provider/bench-image/inputs";
import type { DockerImage } from "../../provider/ica/docker-images";
import type { Workspace } from "../../provider/ica/workspaces";
import type { WorkspaceInputs } from "../../provider/workspace/inputs";
import { projectId } from "./context";

/** A declared workspace with defaults. */
export function workspaceInputs(overrides: Partial<WorkspaceInputs> = {}): WorkspaceInputs {
  return {
    name: "genomics",
    projectId,
    image: "image-1",
    resourceModel: "standard-small",
    storageGb: 64,
    access: { web: true, console: false },
    network: "restricted",
    allowedUrls: ["https://cran.r-project.org"],
    allowRestart: false,
    allowDataLoss: false,
    ...overrides,
  };
}

/** A workspace as ICA reports it: as declared in `workspaceInputs`, and stopped. */
export function liveWorkspace(overrides: Partial<Workspace> = {}): Workspace {
  return {
    id: "ws-1",
    status: "Stopped",
    name: "genomics",
    imageId: "image-1",
    resourceModel: "standard-small",
    storageSizeInGb: 64,
    access: { web: true, console: false },
    network: { mode: "RESTRICTED", allowedUrls: ["https://cran.r-project.org"] },
    ...overrides,
  };
}

export const contextHash = "0123456789ab".padEnd(64, "c");

/** A declared image with its identity. */
export function imageInputs(overrides: Partial<BenchImageInputs> = {}): BenchImageInputs {
  return {
    name: "rstudio",
    version: contextHash.slice(0, 12),
    contextHash,
    build: { context: "./image" },
    access: { web: true, console: false },
    clusterCompatible: false,
    projectId,
    folder: "/bench-images/",
    archive: { compression: "bzip2" },
    verify: "inspect",
    onDelete: "forget",
    ...overrides,
  };
}

/** The image as ICA reports it. */
export function dockerImage(overrides: Partial<DockerImage> = {}): DockerImage {
  return {
    id: "image-1",
    name: "rstudio",
    version: contextHash.slice(0, 12),
    status: "AVAILABLE",
    type: "BENCH",
    internalDockerImageSettings: { regions: [{ region: { id: "region-1", code: "use1" }, url: "registry/rstudio" }] },
    benchSettings: { clusterCompatible: false, access: { web: true, console: false } },
    ...overrides,
  };
}
