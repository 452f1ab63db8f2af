import { systemClock } from "./clock.js";
import type { Config } from "./config.js";
import { Docker } from "./docker.js";
import { IcaClient } from "./ica/client.js";

/** What all resources of one `pulumi up` share, since the host is one process: one login, one pool of connections, one look for Docker. */
export interface Session {
  readonly config: Config;
  readonly client: IcaClient;
  readonly docker: () => Promise<Docker>;
}

const sessions = new Map<string, Session>();

/** The session for a configuration; opened when it is first asked for. */
export function sharedSession(config: Config): Session {
  const key = JSON.stringify(config);
  const session = sessions.get(key) ?? open(config);
  sessions.set(key, session);
  return session;
}

function open(config: Config): Session {
  let found: Promise<Docker> | undefined;
  return {
    config,
    client: new IcaClient({ baseUrl: config.baseUrl, apiKey: config.apiKey, clock: systemClock }),
    docker: () => {
      const docker = found ?? Docker.find(process.env);
      found = docker;
      return docker;
    },
  };
}
