/** Server-side default of `benchSettings`. No request of ICA's API can set it. */
export interface BenchSettings {
  readonly clusterCompatible: boolean;
  readonly access: { readonly web: boolean; readonly console: boolean };
}

/** The configuration of an emulator. */
export interface EmulatorConfig {
  /** Port on 127.0.0.1; 0 takes a free port. */
  readonly port: number;
  /** Folder for all state; the emulator creates it, accessible to its owner only. One emulator at a time. */
  readonly dir: string;
  /** Replaces the API key. Undefined keeps the existing key; the first start generates one. */
  readonly apiKey?: string;
  /** Milliseconds that an image stays PARTIAL before its build starts; stands for ICA's 5 to 30 minutes. Default 0. */
  readonly imageDelayMs: number;
  /** Seconds until a token expires. Default 1800; in ICA a tenant's administrator sets it. */
  readonly tokenLifetimeS: number;
  /** Milliseconds until upload credentials expire. Default 36 hours, as documented. */
  readonly credentialLifetimeMs: number;
  /**
   * The settings of a new BENCH image. Default: all access, not cluster compatible; ICA's own defaults are
   * undocumented.
   */
  readonly benchSettings: BenchSettings;
  /**
   * Whether to serve the workspace calls. False: an ICA with the documented calls only. A workspace call is then an
   * unknown path (404), and workspaces in the folder stay as they are. Default true.
   */
  readonly workspaces: boolean;
  /**
   * Whether a started workspace runs a container. False: workspaces only have states, and the emulator does not use
   * Docker for them; for tests and measurements with many workspaces. Default true.
   */
  readonly containers: boolean;
  /** Milliseconds that starting or stopping a workspace without a container takes. Default 200. */
  readonly transitionMs: number;
  /**
   * Whether public workspaces can also reach private addresses, as on Docker's own networks. Default false, as on
   * Bench.
   */
  readonly allowPrivate: boolean;
  /** Maximum REST calls per second; further calls get 429 with Retry-After. Default 0: no limit. */
  readonly requestsPerSecond: number;
  /** Receives log lines for people, without secrets. Default: discards them. */
  readonly log: (line: string) => void;
}

/** The defaults that {@link EmulatorConfig} names. */
export const defaults = {
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
