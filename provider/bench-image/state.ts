import { type BuildFiles, bytesOf, type ContextDigest, digestOf } from "../build-context/changes/digest";
import type { DockerImage } from "../ica/docker-images";
import { archiveName } from "./identity";
import type { BenchImageInputs } from "./inputs";
import { regionsOf } from "./regions/regions";

/** The archive an image was registered from. */
export interface ArchiveFacts {
  readonly dataId: string;
  /** The project it lies in, which a change of `projectId` does not move. */
  readonly projectId: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Of the whole archive; undefined when another machine uploaded it and left no tag. */
  readonly sha256: string | undefined;
}

/** What is kept of an image: the inputs as applied (after a read: as ICA has them), and what ICA reports. */
export type BenchImageState = BenchImageInputs & {
  readonly imageId: string;
  readonly status: string;
  readonly dataId: string | undefined;
  readonly dataProjectId: string | undefined;
  readonly archiveName: string | undefined;
  readonly archiveSize: number | undefined;
  readonly archiveSha256: string | undefined;
  /** Configuration digest of the local image that was uploaded; undefined when nothing had to be built or uploaded here. */
  readonly imageDigest: string | undefined;
  /** Address of the image in each region, by region code. */
  readonly urls: Readonly<Record<string, string>>;
  /** As ICA reports them: what a workspace can really offer. */
  readonly benchSettings: {
    readonly web: boolean | undefined;
    readonly console: boolean | undefined;
    readonly clusterCompatible: boolean | undefined;
  };
  /** Of the files that the image was built from. Named like the machinery's keys, which the engine does not show. */
  readonly __contextDigest?: ContextDigest | undefined;
};

/** Bytes that a resource may take in the state, inputs and outputs together. */
export const stateLimit = 4096;
/** Bytes of it that are good enough for any digest. */
const digestLimit = 1600;
/** Bytes of all outputs that are no inputs, with the machinery's keys and a long URN, but for archive name and addresses. */
const outputsSize = 1100;
const regionSize = 130;

/** What a state keeps of a build's files beside all else; undefined when the declaration leaves no room. */
export function digestFor(inputs: BenchImageInputs, files: BuildFiles): ContextDigest | undefined {
  const outputs = outputsSize + bytesOf(archiveName(inputs)) + regionSize * (inputs.regions?.length ?? 1);
  return digestOf(files, Math.min(digestLimit, stateLimit - 2 * bytesOf(inputs) - outputs));
}

/** What this run did beside registering, and knows of the image's files: for an image that was taken over only the latter. */
export interface PublishedRecord {
  readonly archive?: ArchiveFacts | undefined;
  readonly imageDigest?: string | undefined;
  readonly contextDigest?: ContextDigest | undefined;
}

/** State of an image after ICA was asked. */
export function stateOf(image: DockerImage, inputs: BenchImageInputs, done: PublishedRecord): BenchImageState {
  return {
    ...inputs,
    imageId: image.id,
    status: image.status,
    dataId: done.archive?.dataId,
    dataProjectId: done.archive?.projectId,
    archiveName: done.archive?.name,
    archiveSize: done.archive?.size,
    archiveSha256: done.archive?.sha256,
    imageDigest: done.imageDigest,
    urls: Object.fromEntries(
      regionsOf(image).flatMap(({ id, code, url }) => (url === undefined ? [] : [[code ?? id, url]])),
    ),
    benchSettings: {
      web: image.benchSettings?.access?.web ?? undefined,
      console: image.benchSettings?.access?.console ?? undefined,
      clusterCompatible: image.benchSettings?.clusterCompatible ?? undefined,
    },
    __contextDigest: done.contextDigest,
  };
}

/** What an earlier run did, read back from its state. */
export function recordOf(state: BenchImageState): PublishedRecord {
  const { dataId, archiveName, archiveSize, archiveSha256, imageDigest, __contextDigest: contextDigest } = state;
  const projectId = state.dataProjectId ?? state.projectId;
  const archive =
    dataId === undefined || archiveName === undefined || archiveSize === undefined
      ? undefined
      : { dataId, projectId, name: archiveName, size: archiveSize, sha256: archiveSha256 };
  return { archive, imageDigest, contextDigest };
}
