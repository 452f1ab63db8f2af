import { stat } from "node:fs/promises";
import path from "node:path";
import { type ContextListing, dockerfilePath, listContext, readDockerfile } from "../../provider/build-context/listing";
import { errorMessage, withoutFullStop } from "../../provider/error-message";

/** A folder to build an image from, as named on the command line. */
export interface ImageContext {
  /** Absolute path. */
  readonly context: string;
  /** Absolute path. */
  readonly dockerfile: string;
  /** The text of the Dockerfile. */
  readonly text: string;
  /** The files of the context. */
  readonly files: ContextListing;
}

/**
 * Finds the context and the Dockerfile. A folder without a Dockerfile stands for its subfolder `image`, as in the
 * stacks that `ica-bench init` writes. Throws when there is nothing to build, or when no build can use what is there.
 *
 * @param dockerfile relative to the working directory, as for `docker build --file`
 */
export async function findContext(folder: string, dockerfile?: string): Promise<ImageContext> {
  const context = await contextFolder(path.resolve(folder), dockerfile !== undefined);
  const file = dockerfilePath({ context, dockerfile });
  const text = await readDockerfile({ context, dockerfile: file }).catch((cause: unknown) => {
    throw new Error(
      `There is no Dockerfile to read: ${withoutFullStop(errorMessage(cause))}. Name the folder that has one, or the file with --dockerfile.`,
      { cause },
    );
  });
  const files = await listContext({ context, dockerfile: file });
  return { context, dockerfile: file, text: text.toString("utf8"), files };
}

/** Whether the name is that of a folder rather than of an image. */
export async function isFolder(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isDirectory() === true;
}

async function contextFolder(folder: string, named: boolean): Promise<string> {
  if (!(await isFolder(folder))) {
    throw new Error(`${folder} is not a folder. Name the folder with the Dockerfile.`);
  }
  const below = path.join(folder, "image");
  return !named && !(await isFile(path.join(folder, "Dockerfile"))) && (await isFile(path.join(below, "Dockerfile")))
    ? below
    : folder;
}

async function isFile(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isFile() === true;
}
