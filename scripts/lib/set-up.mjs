import { dependencies } from "./dependencies.mjs";
import { baseImage } from "./docker/base-image.mjs";
import { compression, docker } from "./docker/docker.mjs";
import { environment } from "./environment.mjs";
import { cancel } from "./process.mjs";
import { pulumi } from "./pulumi/pulumi.mjs";

/** Runs works at the same time. When one fails, the others are ended, and have cleaned up, before its error is thrown. */
async function together(works) {
  const errors = [];
  const results = await Promise.all(
    works.map((work) =>
      work().catch((error) => {
        errors.push(error);
        cancel();
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
  return results;
}

/**
 * Everything that the demo and the tests need, on a machine that may have none of it. What is there is left alone.
 *
 * @returns {Promise<{ docker: string, folders: string[], env: NodeJS.ProcessEnv }>}
 *   the docker client to use, the folders that PATH needs, and the environment to run with
 */
export async function setUp() {
  // Pulumi may take minutes to build and needs nothing of the others, nor they of it.
  const [folders, client] = await together([
    pulumi,
    async () => {
      await dependencies();
      const found = await docker();
      await compression();
      await baseImage(found);
      return found;
    },
  ]);
  const found = { docker: client, folders };
  return { ...found, env: environment(found) };
}
