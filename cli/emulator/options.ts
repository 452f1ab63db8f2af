import { z } from "zod";

/** What `ica-bench emulator start` was told. */
export interface StartOptions {
  readonly port: number;
  readonly dir: string;
  /** Seconds. */
  readonly imageDelay: number;
  readonly newKey: boolean;
  /** Whether the (assumed) workspace calls are served. */
  readonly workspaces: boolean;
  /** Whether a started workspace is a container. */
  readonly containers: boolean;
  readonly allowPrivate: boolean;
  /** REST calls that are answered in a second; 0: no limit. */
  readonly requestsPerSecond: number;
}

/** What the emulator in the background says once, when it has started or failed. */
export const started = z.union([
  z.object({ url: z.string(), projectId: z.string(), signInUrl: z.string(), apiKey: z.string().optional() }),
  z.object({ failure: z.string() }),
]);

/** What the process in the background tells the one that started it, over a pipe: the key is in no argument and no file. */
export type Started = z.infer<typeof started>;
