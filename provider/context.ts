import type { Config } from "./config";
import type { Docker } from "./docker/cli";
import type { Clock, Log } from "./handler";
import type { IcaClient } from "./ica/client";
import { type Timeouts, timeoutMs } from "./inputs/inputs";
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
  /** Aborted when the run is cancelled or the engine is gone. The reason says which, in words for the user. */
  readonly signal: AbortSignal;
  /** Milliseconds that this call may take: the engine's own limit (`customTimeouts`). Takes the place of `timeouts`. */
  readonly limitMs?: number | undefined;
  /** What this run remembers between calls of the engine. */
  readonly run: RunMemory;
  /** URN of the current resource, if known. */
  readonly urn?: string | undefined;
  /** Tells `ica-bench preview` what only the provider sees; absent when that command does not run the preview. */
  readonly noteFacts?: ((fact: Fact) => void) | undefined;
}

/** The time limit of a step in milliseconds: the engine's for this call, else the declared one, else the default. */
export function stepLimitMs(
  { limitMs }: Pick<Context, "limitMs">,
  timeouts: Timeouts | undefined,
  step: keyof Timeouts,
  byDefault: string,
): number {
  return limitMs ?? timeoutMs(timeouts, step, byDefault);
}
