/** What a server-side default for `benchSettings` looks like; no request of ICA's API can set it. */
export interface BenchSettings {
  readonly clusterCompatible: boolean;
  readonly access: { readonly web: boolean; readonly console: boolean };
}

/** How an emulator runs. */
export interface EmulatorConfig {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Folder of all state; made for its owner only. One emulator at a time. */
  readonly dir: string;
  /** Replaces the API key; undefined keeps the known one, or makes one at the first start. */
  readonly apiKey?: string;
  /** Milliseconds that an image stays PARTIAL before the work starts: stands for ICA's 5 to 30 minutes. Default 0. */
  readonly imageDelayMs: number;
  /** Seconds until a token expires. Default 1800; in ICA a tenant's administrator sets it. */
  readonly tokenLifetimeS: number;
  /** Milliseconds until upload credentials expire. Default 36 hours, as documented. */
  readonly credentialLifetimeMs: number;
  /** What a new BENCH image gets. Default all access, not cluster compatible: which ones ICA uses is undocumented. */
  readonly benchSettings: BenchSettings;
  /**
   * Whether the workspace calls are served. False: an ICA that has the documented calls only; a workspace call is an unknown
   * path (404), and workspaces that are in the folder stay as they are. Default true.
   */
  readonly workspaces: boolean;
  /**
   * Whether a started workspace is a container. False: workspaces only have their states, and Docker is not asked for
   * them; for tests and measurements with many of them. Default true.
   */
  readonly containers: boolean;
  /** Milliseconds that a start and a stop of a workspace without a container take. Default 200. */
  readonly transitionMs: number;
  /** Whether public workspaces reach private addresses, too, as on Docker's own networks. Default false, as on Bench. */
  readonly allowPrivate: boolean;
  /** REST calls that are answered in a second; what comes beyond gets 429 with Retry-After. Default 0: no limit. */
  readonly requestsPerSecond: number;
  /** Where lines for a person go. Default: nowhere. Never given a secret. */
  readonly log: (line: string) => void;
}

/** The defaults that {@link EmulatorConfig} names. */
export const DEFAULTS = {
  imageDelayMs: 0,
  tokenLifetimeS: 30 * 60,
  credentialLifetimeMs: 36 * 60 * 60 * 1000,
  benchSettings: { clusterCompatible: false, access: { web: true, console: true } },
  workspaces: true,
  containers: true,
  transitionMs: 200,
  allowPrivate: false,
  requestsPerSecond: 0,
  log: () => undefined,
} as const satisfies Partial<EmulatorConfig>;
