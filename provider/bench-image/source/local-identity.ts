import type { Context } from "../../context";
import { DockerError, DockerNotFoundError } from "../../docker/errors";
import { imageContentHash } from "../../docker/image-content";
import { errorMessage } from "../../error-message";
import type { BenchImageInputs } from "../inputs";
import { rememberLocal } from "../remembered";

/**
 * The identity of an image in the local Docker. Another machine may have neither the image nor Docker. If the declaration is
 * unchanged there, this assumes that the published image is the right one, and warns about it.
 */
export async function localIdentity(
  context: Context,
  image: string,
  old: BenchImageInputs | undefined,
): Promise<{ readonly contextHash: string } | { readonly problem: string }> {
  const looked = await inspectLocal(context, image);
  if ("contextHash" in looked || old?.image !== image) {
    return looked;
  }
  context.log.warn(`could not look at image ${image}, and takes it to be what was published: ${looked.problem}`);
  return { contextHash: old.contextHash };
}

async function inspectLocal(context: Context, image: string): Promise<{ contextHash: string } | { problem: string }> {
  try {
    const info = await (await context.docker()).inspect(image);
    if (info !== undefined) {
      const contextHash = imageContentHash(info);
      rememberLocal(context, contextHash);
      return { contextHash };
    }
    return { problem: `the local Docker has no image ${image}: build or pull it first` };
  } catch (error) {
    if (error instanceof DockerNotFoundError || error instanceof DockerError) {
      return { problem: errorMessage(error) };
    }
    throw error;
  }
}
