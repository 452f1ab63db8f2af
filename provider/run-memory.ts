import type { BuildFiles } from "./build-context/changes/digest";
import type { DockerImage } from "./ica/docker-images";
import type { Region } from "./ica/regions";

/**
 * What one run remembers from one call of the engine to the next: a run is one `pulumi preview`, `up`, `refresh` or `destroy`, and
 * one session of the provider.
 */
export interface RunMemory {
  readonly images: {
    /** The files behind each contextHash that a check of this run computed. */
    readonly files: Map<string, BuildFiles>;
    /** The contextHash of each local image that this run inspected. */
    readonly localContents: Set<string>;
    /** Ids of the images that a check found published already, by name, version and content. */
    readonly published: Map<string, string>;
    /**
     * Ids of the images that resources of this run keep. An image outlives its resource: a resource that is renamed without an
     * alias, or replaced by `pulumi up --replace`, leaves its image to the new one. What the engine deletes later in the same
     * run is then only the old resource, not the image.
     */
    readonly inUse: Set<string>;
    /** The regions of the tenant, once one resource has asked. They change by contract, not by the minute. */
    regions: Promise<readonly Region[]> | undefined;
  };
  readonly workspaces: {
    /** Project and name that each URN of this run declares. */
    readonly declared: Map<string, string>;
    /** Declarations that this run has checked. */
    readonly checked: Set<string>;
    /**
     * The workspaces that resources of this stack hold, as far as the engine has shown them: for each id, the adoptions by which
     * they do (provider/workspace/ownership/held.ts).
     */
    readonly held: Map<string, Set<string>>;
    /** One lookup for each image, however many workspaces use it. */
    readonly offers: Map<string, Promise<DockerImage | undefined>>;
  };
}

export function newRunMemory(): RunMemory {
  return {
    images: {
      files: new Map(),
      localContents: new Set(),
      published: new Map(),
      inUse: new Set(),
      regions: undefined,
    },
    workspaces: { declared: new Map(), checked: new Set(), held: new Map(), offers: new Map() },
  };
}
