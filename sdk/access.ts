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
  /** For creating. Default: 60m for an image (ICA itself takes 5 to 30 minutes), 20m for a workspace. */
  create?: pulumi.Input<string>;
  /** For changing. Default: 20m. */
  update?: pulumi.Input<string>;
  /** For deleting. Default: 10m. */
  delete?: pulumi.Input<string>;
}
