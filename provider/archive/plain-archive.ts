import { addAbortSignal } from "node:stream";
import { finished } from "node:stream/promises";
import type { Output } from "../bytes/process";
import { readableOf } from "../bytes/stream";
import { ArchiveLook } from "../docker/archive-look";
import type { BuildSpec, Docker, ImageInfo } from "../docker/cli";
import { imageContentHash } from "../docker/image-content";

/** An image whose second build, for its archive, gave something else than the first. */
export class ChangedBuildError extends Error {
  override readonly name = "ChangedBuildError";
}

/**
 * The archive of an image that was just built, with plain layers. The containerd image store, the default of new engines, keeps
 * layers compressed by gzip and `docker save` gives them so; bzip2 would only burn time on them. BuildKit has every step of the
 * build in its cache, and gives the same image with plain layers. That it is the same is checked before the archive's end.
 */
export function plainArchive(
  docker: Pick<Docker, "buildArchive">,
  spec: BuildSpec,
  built: ImageInfo,
  signal?: AbortSignal,
): Output {
  const over = new AbortController();
  const stream = readableOf(archiveOf(docker, spec, built, over.signal), () => over.abort());
  if (signal !== undefined) addAbortSignal(signal, stream);
  const done = finished(stream, { writable: false });
  // The stream carries the same error.
  done.catch(() => undefined);
  return { stream, done };
}

async function* archiveOf(
  docker: Pick<Docker, "buildArchive">,
  spec: BuildSpec,
  built: ImageInfo,
  signal: AbortSignal,
) {
  // Nothing is to be built again: what the first build was told to fetch or to do anew is there now.
  const { noCache: _, pull: __, ...again } = spec;
  const { stream, done } = await docker.buildArchive(again, { signal });
  yield* new ArchiveLook([], 0).pass(stream, async ({ info }) => {
    if (imageContentHash(info) === imageContentHash(built)) return;
    throw new ChangedBuildError(
      `${spec.tag}: Docker's build cache lost a step between the build and the upload, and building it again gave another image. ` +
        "Nothing was uploaded; run pulumi up again",
    );
  });
  await done;
}
