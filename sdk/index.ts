/**
 * Bench images and workspaces of Illumina Connected Analytics (ICA) as Pulumi resources.
 *
 * ```ts
 * import * as ica from "pulumi-ica";
 * ```
 *
 * @packageDocumentation
 */
export type { AccessArgs, BenchSettings, TimeoutsArgs } from "./access";
export {
  BenchImage,
  type BenchImageArgs,
  type BuildArgs,
  type BuildSecretArgs,
  type BuildSshArgs,
  type ExistingImageArgs,
  type LocalImage,
} from "./bench-image";
export { config } from "./config";
export {
  type GetImageArgs,
  type GetImageOutputArgs,
  type GetImageResult,
  getImage,
  getImageOutput,
  type ListImagesArgs,
  type ListImagesOutputArgs,
  listImages,
  listImagesOutput,
} from "./get-image";
export {
  type GetWorkspaceArgs,
  type GetWorkspaceOutputArgs,
  type GetWorkspaceResult,
  getWorkspace,
  getWorkspaceOutput,
} from "./get-workspace";
export { Provider, type ProviderArgs } from "./provider";
export { type ClusterArgs, type ExistingWorkspaceArgs, Workspace, type WorkspaceArgs } from "./workspace";
