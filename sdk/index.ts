/**
 * Bench images and workspaces of Illumina Connected Analytics (ICA) as Pulumi resources.
 *
 * ```ts
 * import * as ica from "pulumi-ica";
 * ```
 *
 * @packageDocumentation
 */
export type { AccessArgs, TimeoutsArgs } from "./access.js";
export {
  BenchImage,
  type BenchImageArgs,
  type BenchSettings,
  type BuildArgs,
  type BuildSecretArgs,
} from "./bench-image.js";
export { config } from "./config.js";
export { Workspace, type WorkspaceArgs } from "./workspace.js";
