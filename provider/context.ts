import type { Config } from "./config";
import type { Docker } from "./docker/cli";
import type { Clock, Log } from "./handler";
import type { IcaClient } from "./ica/client";
import type { Fact } from "./preview-facts";
import type { RunMemory } from "./run-memory";

/** What the handlers need from outside; tests provide their own. */
export interface Context {
  readonly config: Config;
  readonly client: IcaClient;
  /** Searches for Docker only when it is needed: a stack of workspaces runs without it. */
  readonly docker: () => Promise<Docker>;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What this run remembers between calls of the engine. */
  readonly run: RunMemory;
  /** URN of the current resource, if known. */
  readonly urn?: string | undefined;
  /** Tells `ica-bench preview` what only the provider sees; absent when that command does not run the preview. */
  readonly noteFacts?: ((fact: Fact) => void) | undefined;
}
