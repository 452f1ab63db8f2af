/** The queries behind the SDK's functions and the plugin's (getImage and others). They only read. */
import { type FoundImage, findImage, type ImageFilter, type ImageQuery, listImages } from "../bench-image/lookup";
import { type Config, missingProject } from "../config";
import type { IcaClient } from "../ica/client";
import { LookupError } from "../lookup-error";
import { type FoundWorkspace, findWorkspace, type WorkspaceQuery } from "../workspace/lookup";

/** The queries for one configuration. */
export interface Queries {
  image(query: ImageQuery): Promise<FoundImage>;
  images(filter: ImageFilter): Promise<FoundImage[]>;
  /** The project defaults to the configured one. */
  workspace(query: WorkspaceQuery & { readonly projectId?: string | undefined }): Promise<FoundWorkspace>;
}

export function queries(client: IcaClient, config: Pick<Config, "projectId">): Queries {
  return {
    image: (query) => findImage(client.dockerImages, query),
    images: (filter) => listImages(client.dockerImages, filter),
    workspace: async ({ projectId = config.projectId, ...query }) => {
      if (projectId === undefined) {
        throw new LookupError(`projectId ${missingProject()}`);
      }
      return findWorkspace(client.workspaces, projectId, query);
    },
  };
}
