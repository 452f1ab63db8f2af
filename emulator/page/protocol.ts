/* What the page's server tells the page. Types only: the page's own code, which runs in a browser, is checked with them. */

import type { Happening } from "../happening";

export type { Happening };

/** All that the page shows, as it is now. */
export interface Snapshot {
  readonly project: { readonly id: string; readonly name: string };
  /** Names what this emulator makes in Docker. */
  readonly instance: string;
  readonly version: string;
  readonly images: readonly ImageRow[];
  /** Undefined: this emulator has no workspace calls. */
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
  /** Codes; undefined for an external image, which has none. */
  readonly regions?: readonly string[];
  readonly access?: { readonly web: boolean; readonly console: boolean };
  readonly clusterCompatible: boolean;
  /** Bytes of the archive that it was made from. */
  readonly archiveBytes?: number;
  /** What the Docker engine says of it; undefined as long as that does not know it. */
  readonly docker?: { readonly bytes: number; readonly layers: number };
}

/** A workspace. `settings` is what can be edited, `etag` what an edit must name. */
export interface WorkspaceRow {
  readonly id: string;
  readonly status: string;
  readonly statusMessage?: string;
  readonly settings: WorkspaceSettings;
  readonly etag: string;
  /** Name and version of its image, while it is there. */
  readonly image?: string;
  readonly webUrl?: string;
  /** For example `ssh -p 40001 ica@127.0.0.1`. */
  readonly ssh?: string;
}

/** The settings of a workspace, as the REST calls have them. */
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
  /** The upload that is under way. */
  readonly upload?: { readonly bytes: number; readonly parts?: number };
}
