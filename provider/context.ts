import type { Config } from "./config.js";
import type { Docker } from "./docker.js";
import type { Clock, Log } from "./handler.js";
import type { IcaClient } from "./ica/client.js";

/** What the handlers need from outside; a test brings its own. */
export interface Context {
  readonly config: Config;
  readonly client: IcaClient;
  /** Docker is looked for only when something needs it: a stack of workspaces runs without it. */
  readonly docker: () => Promise<Docker>;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}
