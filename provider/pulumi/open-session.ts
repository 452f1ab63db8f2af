import { systemClock } from "../clock";
import { type Config, spareApiKey } from "../config";
import type { Docker } from "../docker/cli";
import { IcaClient } from "../ica/client";
import { newRunMemory, type RunMemory } from "../run-memory";
import type { Run } from "./last-up";

/**
 * What all resources of one provider process share: one login, one connection pool, one search for
 * Docker.
 */
export interface Session {
  readonly config: Config;
  readonly client: IcaClient;
  readonly docker: () => Promise<Docker>;
  /** Aborted when the engine is gone or cancels, so that running work ends cleanly, for example an upload without orphaned parts. */
  readonly signal: AbortSignal;
  /** What this run remembers between calls of the engine. */
  readonly run: RunMemory;
}

/** Shown when ICA refuses the key of the last `pulumi up` and accepts the one in the environment. */
const spareKeyUsed =
  'ICA refuses the API key that the stack had at its last "pulumi up"; ICA_API_KEY of the environment is used instead. If the key was ' +
  'replaced, set the new one with "pulumi config set --secret ica:apiKey", or remove the old one with "pulumi config rm ica:apiKey".';

/** Opens a session. `run` tells whether the configuration may be from the last `pulumi up`; `warn` tells the user of the whole stack. */
export function openSession(config: Config, signal: AbortSignal, run: Run, warn: (line: string) => void): Session {
  // Hides the AWS SDK's notice about future Node versions, which would appear in the output of every `pulumi up`.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  let found: Promise<Docker> | undefined;
  return {
    config,
    signal,
    run: newRunMemory(),
    client: new IcaClient({
      baseUrl: config.baseUrl,
      apiKey: config.apiKey,
      spareKey: {
        find: () => (run.mayBeLastUp ? spareApiKey(config, process.env) : undefined),
        used: () => warn(spareKeyUsed),
      },
      settings: config,
      clock: systemClock,
      signal,
      sharedReads: process.env.ICA_SHARED_READS !== "false",
    }),
    docker: () => {
      // Loaded when a resource needs it: a preview without changes does not.
      const docker = require("../docker/cli") as typeof import("../docker/cli");
      found ??= docker.Docker.find(process.env, signal).catch((error: unknown) => {
        // Forget the failure: Docker may be started or installed before the next resource needs it.
        found = undefined;
        throw error;
      });
      return found;
    },
  };
}
