import { type Reading, readingOfChunks } from "../bytes/reading";
import { ArchiveLook } from "../docker/archive-look";
import type { BuildSpec } from "../docker/build-args";
import type { Docker } from "../docker/cli";
import { imageContentHash } from "../docker/image-content";
import type { ImageInfo } from "../docker/image-info";

/** An image's second build, for its archive, gave another result than the first. */
export class ChangedBuildError extends Error {
  override readonly name = "ChangedBuildError";
}

/**
 * The archive of an image that was just built, with plain layers. The containerd image store, the default of new engines,
 * keeps layers compressed with gzip, and `docker save` writes them like that; bzip2 would only waste time on them. BuildKit
 * has every step of the build in its cache and produces the same image with plain layers. Before the archive ends, this
 * checks that the image is the same.
 */
export function plainArchive(docker: Pick<Docker, "buildArchive">, spec: BuildSpec, built: ImageInfo): Reading {
  const over = new AbortController();
  return readingOfChunks(archiveOf(docker, spec, built, over.signal), () => over.abort());
}

async function* archiveOf(
  docker: Pick<Docker, "buildArchive">,
  spec: BuildSpec,
  built: ImageInfo,
  signal: AbortSignal,
) {
  // Nothing must be built again: what the first build fetched or rebuilt is in the cache now.
  const { noCache: _, pull: __, ...again } = spec;
  const { stream, done } = await docker.buildArchive(again, { signal });
  yield* new ArchiveLook([], 0).pass(stream, async ({ info }) => {
    if (imageContentHash(info) === imageContentHash(built)) {
      return;
    }
    throw new ChangedBuildError(
      `${spec.tag}: Docker's build cache lost a step between the build and the upload, and building it again gave another image. ` +
        "Nothing was uploaded; run pulumi up again",
    );
  });
  await done;
}
