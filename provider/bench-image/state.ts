import type { DockerImage } from "../ica/docker-images";
import type { BenchImageInputs } from "./inputs";
import { regionsOf } from "./regions";

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
};

/** What this run did beside registering: nothing of it for an image that was taken over. */
export interface Done {
  readonly archive?: ArchiveFacts | undefined;
  readonly imageDigest?: string | undefined;
}

/** State of an image after ICA was asked. */
export function stateOf(image: DockerImage, inputs: BenchImageInputs, done: Done): BenchImageState {
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
  };
}

/** What an earlier run did, read back from its state. */
export function doneOf(state: BenchImageState): Done {
  const { dataId, archiveName, archiveSize, archiveSha256, imageDigest } = state;
  const projectId = state.dataProjectId ?? state.projectId;
  const archive =
    dataId === undefined || archiveName === undefined || archiveSize === undefined
      ? undefined
      : { dataId, projectId, name: archiveName, size: archiveSize, sha256: archiveSha256 };
  return { archive, imageDigest };
}
