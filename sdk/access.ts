import type * as pulumi from "@pulumi/pulumi";

/**
 * How users reach a workspace. Set at least one to true.
 *
 * An image can offer only what it contains: "Enabling an option here which your Docker image does not support, will result
 * in access denied errors" (help.ica.illumina.com, "Bring Your Own Bench Image").
 */
export interface AccessArgs {
  /** HTTP on port 8888 of the container. Default: false. */
  web?: pulumi.Input<boolean>;
  /** SSH on port 2222 of the container. Default: false. */
  console?: pulumi.Input<boolean>;
}

/**
 * Time limits, written like `90s`, `45m` or `1h30m`. A change affects nothing in ICA. They also reach a dynamic provider,
 * which Pulumi's `customTimeouts` do not.
 */
export interface TimeoutsArgs {
  /**
   * Limit for creating. Default: 60m for an image (ICA itself takes 5 to 30 minutes), 20m for a workspace. For an image it
   * limits each wait for ICA to make it, including the wait of an update that continues an interrupted `pulumi up`.
   */
  create?: pulumi.Input<string>;
  /** Limit for changing. Default: 20m for a workspace. No effect on an image, since changing one never waits for ICA. */
  update?: pulumi.Input<string>;
  /** Limit for deleting. Default: 10m for a workspace. No effect on an image, since ICA has no call to delete one. */
  delete?: pulumi.Input<string>;
}

/** The settings that ICA reports for an image. */
export interface BenchSettings {
  /** Whether workspaces can have web access; not set when ICA does not report it. */
  readonly web: boolean | undefined;
  /** Whether workspaces can have console access; not set when ICA does not report it. */
  readonly console: boolean | undefined;
  /** Whether workspaces can be clusters; not set when ICA does not report it. */
  readonly clusterCompatible: boolean | undefined;
}
