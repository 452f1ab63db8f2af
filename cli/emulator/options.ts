import { z } from "zod";

/** The options of `ica-bench emulator start`. */
export interface StartOptions {
  readonly port: number;
  readonly dir: string;
  /** Seconds. */
  readonly imageDelay: number;
  readonly newKey: boolean;
  /** Whether to serve the (assumed) workspace calls. */
  readonly workspaces: boolean;
  /** Whether each started workspace runs a container. */
  readonly containers: boolean;
  readonly allowPrivate: boolean;
  /** Maximum REST calls per second; 0: no limit. */
  readonly requestsPerSecond: number;
}

/** The one message of the background emulator, sent when it has started or failed. */
export const started = z.union([
  z.object({ url: z.string(), projectId: z.string(), signInUrl: z.string(), apiKey: z.string().optional() }),
  z.object({ failure: z.string() }),
]);

/**
 * The message that the background process sends its parent over a pipe, so that the key appears in no argument and no
 * file.
 */
export type Started = z.infer<typeof started>;
