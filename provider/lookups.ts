/**
 * The implementation of the SDK's functions (getImage and others). It runs in the program's own process, which loads this
 * file at the first call, and only reads.
 */
import { systemClock } from "./clock";
import { configKeys, readConfig } from "./config";
import { shown } from "./error-message";
import { IcaClient } from "./ica/client";
import { HiddenValues } from "./pulumi/hidden-values";
import { type Queries, queries } from "./pulumi/queries";

export { configKeys, HiddenValues, shown };

/** One client for each configuration, so that many queries share one login. */
const clients = new Map<string, IcaClient>();

/** Queries that use the configuration from `get` and the environment, as the resources do. */
export function lookups(get: (key: string) => string | undefined, env: NodeJS.ProcessEnv): Queries {
  const config = readConfig(get, env);
  const key = JSON.stringify([config.baseUrl, config.apiKey]);
  const { baseUrl, apiKey } = config;
  const client = clients.get(key) ?? new IcaClient({ baseUrl, apiKey, settings: config, clock: systemClock });
  clients.set(key, client);
  return queries(client, config);
}
