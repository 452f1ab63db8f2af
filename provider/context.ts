import type { Config } from "./config";
import type { Docker } from "./docker/cli";
import type { Clock, Log } from "./handler";
import type { IcaClient } from "./ica/client";
import type { RunMemory } from "./run-memory";

/** What the handlers need from outside; a test brings its own. */
export interface Context {
  readonly config: Config;
  readonly client: IcaClient;
  /** Docker is looked for only when something needs it: a stack of workspaces runs without it. */
  readonly docker: () => Promise<Docker>;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What this run remembers between calls of the engine. */
  readonly run: RunMemory;
  /** URN of the resource that is worked on, where it is known. */
  readonly urn?: string | undefined;
}
