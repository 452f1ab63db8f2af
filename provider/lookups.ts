/**
 * The implementation of the SDK's functions (getImage and others). It runs in the program's own process, which loads this
 * file at the first call, and only reads.
 */
import { type FoundImage, findImage, type ImageFilter, type ImageQuery, listImages } from "./bench-image/lookup";
import { systemClock } from "./clock";
import { configKeys, missingProject, readConfig } from "./config";
import { shown } from "./error-message";
import { IcaClient } from "./ica/client";
import { LookupError } from "./lookup-error";
import { HiddenValues } from "./pulumi/hidden-values";
import { type FoundWorkspace, findWorkspace, type WorkspaceQuery } from "./workspace/lookup";

export { configKeys, HiddenValues, shown };

/** The queries for one configuration. */
export interface Lookups {
  image(query: ImageQuery): Promise<FoundImage>;
  images(filter: ImageFilter): Promise<FoundImage[]>;
  /** The project defaults to the configured one. */
  workspace(query: WorkspaceQuery & { readonly projectId?: string | undefined }): Promise<FoundWorkspace>;
}

/** One client for each configuration, so that many queries share one login. */
const clients = new Map<string, IcaClient>();

/** Queries that use the configuration from `get` and the environment, as the resources do. */
export function lookups(get: (key: string) => string | undefined, env: NodeJS.ProcessEnv): Lookups {
  const config = readConfig(get, env);
  const key = JSON.stringify([config.baseUrl, config.apiKey]);
  const { baseUrl, apiKey } = config;
  const client = clients.get(key) ?? new IcaClient({ baseUrl, apiKey, settings: config, clock: systemClock });
  clients.set(key, client);
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
