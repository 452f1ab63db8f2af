/**
 * Bench images and workspaces of Illumina Connected Analytics (ICA) as Pulumi resources.
 *
 * ```ts
 * import * as ica from "pulumi-ica";
 * ```
 *
 * @packageDocumentation
 */
export type { AccessArgs, TimeoutsArgs } from "./access";
export {
  BenchImage,
  type BenchImageArgs,
  type BenchSettings,
  type BuildArgs,
  type BuildSecretArgs,
} from "./bench-image";
export { config } from "./config";
export { type ClusterArgs, Workspace, type WorkspaceArgs } from "./workspace";
