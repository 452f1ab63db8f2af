import type * as pulumi from "@pulumi/pulumi";

/**
 * How people get into a workspace. At least one of the two.
 *
 * An image can offer only what is in it: "Enabling an option here which your Docker image does not support, will result in
 * access denied errors" (help.ica.illumina.com, "Bring Your Own Bench Image").
 */
export interface AccessArgs {
  /** HTTP on port 8888 of the container. Default: false. */
  web?: pulumi.Input<boolean>;
  /** SSH on port 2222 of the container. Default: false. */
  console?: pulumi.Input<boolean>;
}

/**
 * Limits of time, written like `90s`, `45m` or `1h30m`. Changing one changes nothing in ICA. Use these instead of Pulumi's
 * `customTimeouts`, which do not reach a dynamic provider.
 */
export interface TimeoutsArgs {
  /**
   * For creating. Default: 60m for an image (ICA itself takes 5 to 30 minutes), 20m for a workspace. Of an image it is
   * for each wait until ICA has made it, also for that of an update which goes on where a `pulumi up` was interrupted.
   */
  create?: pulumi.Input<string>;
  /** For changing. Default: 20m for a workspace. No change of an image waits for ICA: without effect there. */
  update?: pulumi.Input<string>;
  /** For deleting. Default: 10m for a workspace. ICA has no call to delete an image: without effect there. */
  delete?: pulumi.Input<string>;
}

/** What of an image ICA itself reports. */
export interface BenchSettings {
  /** Whether workspaces may have web access; undefined when ICA does not say. */
  readonly web: boolean | undefined;
  /** Whether workspaces may have console access; undefined when ICA does not say. */
  readonly console: boolean | undefined;
  /** Whether workspaces may be clusters; undefined when ICA does not say. */
  readonly clusterCompatible: boolean | undefined;
}
