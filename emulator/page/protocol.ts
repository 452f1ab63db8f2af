/* The messages from the page's server to the page. Types only; the page's browser code is type-checked against them. */

import type { Happening } from "../happening";

export type { Happening };

/** Everything that the page shows. */
export interface Snapshot {
  readonly project: { readonly id: string; readonly name: string };
  /** Part of the name of everything that this emulator creates in Docker. */
  readonly instance: string;
  readonly version: string;
  readonly images: readonly ImageRow[];
  /** Undefined when this emulator serves no workspace calls. */
  readonly workspaces?: readonly WorkspaceRow[];
  readonly data: readonly DataRow[];
}

/** A Docker image of ICA's repository. */
export interface ImageRow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly status: string;
  /** Why the build failed. */
  readonly failure?: string;
  /** Region codes; undefined for an external image, which has none. */
  readonly regions?: readonly string[];
  readonly access?: { readonly web: boolean; readonly console: boolean };
  readonly clusterCompatible: boolean;
  /** Size in bytes of the source archive. */
  readonly archiveBytes?: number;
  /** Facts from the Docker engine; undefined while it does not know the image. */
  readonly docker?: { readonly bytes: number; readonly layers: number };
}

/** A workspace. `settings` can be edited; an edit must send `etag`. */
export interface WorkspaceRow {
  readonly id: string;
  readonly status: string;
  readonly statusMessage?: string;
  readonly settings: WorkspaceSettings;
  readonly etag: string;
  /** Name and version of its image, if the image exists. */
  readonly image?: string;
  readonly webUrl?: string;
  /** For example `ssh -p 40001 ica@127.0.0.1`. */
  readonly ssh?: string;
}

/** The settings of a workspace in the form of the REST calls. */
export interface WorkspaceSettings {
  readonly name: string;
  readonly imageId: string;
  readonly resourceModel: string;
  readonly storageSizeInGb: number;
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly network: { readonly mode: "PUBLIC" | "RESTRICTED"; readonly allowedUrls: readonly string[] };
}

/** A file or folder of the project. */
export interface DataRow {
  readonly id: string;
  readonly path: string;
  readonly type: "FILE" | "FOLDER";
  readonly status: string;
  readonly format?: string;
  readonly bytes?: number;
  /** The upload in progress. */
  readonly upload?: { readonly bytes: number; readonly parts?: number };
}
