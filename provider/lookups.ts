/**
 * What the functions of the SDK (getImage and others) call. They run in the program's own process, which loads this file only
 * when one of them is called, and they only read.
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

/** The look-ups of one configuration. */
export interface Lookups {
  image(query: ImageQuery): Promise<FoundImage>;
  images(filter: ImageFilter): Promise<FoundImage[]>;
  /** Without a project it is the configured one. */
  workspace(query: WorkspaceQuery & { readonly projectId?: string | undefined }): Promise<FoundWorkspace>;
}

/** One client for each configuration: many look-ups share one login. */
const clients = new Map<string, IcaClient>();

/** Look-ups with the configuration that `get` and the environment give, as the resources have it. */
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
      if (projectId === undefined) throw new LookupError(`projectId ${missingProject()}`);
      return findWorkspace(client.workspaces, projectId, query);
    },
  };
}
