import { type BuildFiles, bytesOf, type ContextDigest, digestOf } from "../build-context/changes/digest";
import type { DockerImage } from "../ica/docker-images";
import { archiveName } from "./identity";
import type { BenchImageInputs } from "./inputs";
import { regionsOf } from "./regions/regions";
import type { BenchImageState } from "./saved-state";

export type { BenchImageState };

/** The archive that the image was registered from. */
export interface ArchiveFacts {
  readonly dataId: string;
  /** The archive's project. A change of `projectId` does not move the archive. */
  readonly projectId: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Hash of the whole archive; undefined when another machine uploaded it and left no tag. */
  readonly sha256: string | undefined;
}

/** Largest number of bytes of a resource in the state, inputs and outputs together. */
export const stateLimit = 4096;
/** Number of those bytes that is enough for any digest. */
const digestLimit = 1600;
/** Bytes of all other outputs, with the machinery's keys and a long URN, but without the archive's name and the addresses. */
const outputsSize = 1100;
const regionSize = 130;

/** The digest of a build's files to save in the state; undefined when the declaration leaves no room. */
export function digestFor(inputs: BenchImageInputs, files: BuildFiles): ContextDigest | undefined {
  const outputs = outputsSize + bytesOf(archiveName(inputs)) + regionSize * (inputs.regions?.length ?? 1);
  return digestOf(files, Math.min(digestLimit, stateLimit - 2 * bytesOf(inputs) - outputs));
}

/** What this run did apart from registering, and what it knows about the image's files. For an adopted image only the latter. */
export interface PublishedRecord {
  readonly archive?: ArchiveFacts | undefined;
  readonly imageDigest?: string | undefined;
  readonly contextDigest?: ContextDigest | undefined;
}

/** The state of an image after a call to ICA. */
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

/** What an earlier run did, read from its state. */
export function recordOf(state: BenchImageState): PublishedRecord {
  const { dataId, archiveName, archiveSize, archiveSha256, imageDigest, __contextDigest: contextDigest } = state;
  const projectId = state.dataProjectId ?? state.projectId;
  const archive =
    dataId === undefined || archiveName === undefined || archiveSize === undefined
      ? undefined
      : { dataId, projectId, name: archiveName, size: archiveSize, sha256: archiveSha256 };
  return { archive, imageDigest, contextDigest };
}
